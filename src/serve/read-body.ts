/**
 * The fields of a request's body: JSON, form fields, and the JSON that `curl -d` sends under the form's type. Read no
 * further than the limit.
 */
import type { IncomingMessage } from 'node:http'
import { badRequest, HttpError } from './http-error.js'

export type GivenFields = Readonly<Record<string, unknown>>

/** Throws `too_large`, `unsupported_media_type` and `bad_request`. No body: no fields. */
export async function readBody(incoming: IncomingMessage, bytesMax: number): Promise<GivenFields> {
  const type = (incoming.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
  const text = await readText(incoming, bytesMax)
  if (text.trim() === '') return {}
  switch (type) {
    case 'application/json':
      return fromJson(text)
    case 'application/x-www-form-urlencoded':
      return looksLikeJson(text) ? fromJson(text) : fromForm(text)
    default:
      throw new HttpError({
        code: 'unsupported_media_type',
        message: type === '' ? 'the body has no type' : `a body of type ${JSON.stringify(type)} is not read here`,
        hint: 'Send JSON with the header Content-Type: application/json, or form fields.',
      })
  }
}

/** Forms begin with a name: what begins otherwise is JSON that was sent under their type, also when it is no object. */
function looksLikeJson(text: string): boolean {
  return /^\s*(?:[{["]|(?:null|true|false|-?\d+)\s*$)/.test(text)
}

/** The refusal for a body that says how long it is, before any of it is read. */
export function isTooLong(contentLength: string | undefined, bytesMax: number): boolean {
  return contentLength !== undefined && !(Number(contentLength) <= bytesMax)
}

export function tooLarge(bytesMax: number): HttpError {
  const message = `the body is longer than ${bytesMax} bytes`
  // The rest of it is not read.
  const headers = { connection: 'close' }
  return new HttpError({ code: 'too_large', message, hint: 'No request needs as much.', headers })
}

async function readText(incoming: IncomingMessage, bytesMax: number): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > bytesMax) throw tooLarge(bytesMax)
    chunks.push(chunk)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
  } catch {
    throw badRequest('the body is not UTF-8', 'Send it in UTF-8.')
  }
}

function fromJson(text: string): GivenFields {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // The parser would quote the body.
    throw badRequest('the body is not JSON', 'Check its quotes and commas.')
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as GivenFields
  throw badRequest('the body is not a JSON object', 'Send fields: {"total_batches": 5}.')
}

/** A field that is there several times is a list, as is one whose name ends with []. */
function fromForm(text: string): GivenFields {
  const form = new URLSearchParams(text)
  const fields = [...new Set(form.keys())].map((key): [string, unknown] => {
    const values = form.getAll(key)
    return key.endsWith('[]') ? [key.slice(0, -2), values] : [key, values.length === 1 ? values[0] : values]
  })
  return Object.fromEntries(fields)
}
