/** A file of the state folder as an answer. Its path is made of numbers and hashes that were checked, never of text. */
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { hasCode } from '../core/errors.js'
import type { RequestContext } from './route.js'

export interface SendOptions {
  readonly headers: Readonly<Record<string, string>>
  /** Of a longer file only the end. */
  readonly lastBytes?: number
}

/** Null when there is no such file. Never follows a link. */
export async function sendFile(context: RequestContext, path: string, options: SendOptions): Promise<Response | null> {
  const file = await opened(path)
  if (file === null) return null
  let isSent = false
  try {
    const stats = await file.stat()
    if (!stats.isFile()) return null
    const start = Math.max(0, stats.size - (options.lastBytes ?? stats.size))
    const length = stats.size - start
    const etag = `"${stats.mtimeMs.toString(36)}-${stats.size.toString(36)}"`
    const headers = { ...options.headers, etag, 'content-length': String(length) }
    if (context.req.header('if-none-match') === etag) return new Response(null, { status: 304, headers: { etag } })
    if (context.req.method === 'HEAD' || length === 0) return new Response(null, { headers })
    // No further than it was when its length was told.
    const stream = file.createReadStream({ start, end: stats.size - 1, autoClose: true })
    isSent = true
    return new Response(Readable.toWeb(stream) as ReadableStream, { headers })
  } finally {
    if (!isSent) await file.close()
  }
}

async function opened(path: string) {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error: unknown) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return null
    throw error
  }
}
