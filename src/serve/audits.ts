/**
 * Audits of all images, in a process of their own: they look at every picture of the shop, and this one has to answer.
 * One at a time of each kind; who asks while one is at work, or soon after, gets what it found.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdir, open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { ErrorDocument } from '../cli/documents.js'
import { environmentOfOthers, program } from '../cli/spawn-worker.js'
import type { Clock } from '../core/clock.js'
import type { StatePlace } from '../core/config/find-state-dir.js'
import { WholesalerError } from '../core/errors.js'
import { HttpError } from './http-error.js'

export type AuditKind = 'document' | 'sheet'

export interface Audits {
  /** Path of a file with the document as JSON, or the sheet as HTML. Throws what the audit ends with. */
  file(kind: AuditKind): Promise<string>
  /** Ends what is at work. */
  close(): Promise<void>
}

/** Milliseconds in which what was found is told again. */
const freshMs = 10_000
/** Milliseconds; a shop of a million images takes minutes. */
const longestMs = 600_000
/** Exit codes of an audit that was done: some images may be missing. */
const doneCodes: readonly (number | null)[] = [0, 3]
const errorBytesMax = 64 * 1024

interface Found {
  readonly path: string
  readonly atMs: number
}

export function openAudits(place: StatePlace, clock: Clock): Audits {
  const children = new Set<ChildProcess>()
  const found = new Map<AuditKind, Found>()
  const underWay = new Map<AuditKind, Promise<string>>()

  const run = async (kind: AuditKind): Promise<string> => {
    const path = await audit(kind, { place, children })
    const before = found.get(kind)
    found.set(kind, { path, atMs: clock.monotonic() })
    // Who reads it at the moment reads on.
    if (before !== undefined) await rm(before.path, { force: true })
    return path
  }
  return {
    async file(kind) {
      const known = found.get(kind)
      if (known !== undefined && clock.monotonic() - known.atMs < freshMs) return known.path
      const running = underWay.get(kind) ?? run(kind).finally(() => underWay.delete(kind))
      underWay.set(kind, running)
      return await running
    },
    async close() {
      for (const child of children) child.kill()
      await Promise.allSettled(underWay.values())
      for (const { path } of found.values()) await rm(path, { force: true })
    },
  }
}

interface Around {
  readonly place: StatePlace
  readonly children: Set<ChildProcess>
}

/** Returns the file with what was found. */
async function audit(kind: AuditKind, around: Around): Promise<string> {
  const folder = join(around.place.stateDir, 'tmp')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const document = join(folder, `audit-${randomUUID()}.json`)
  const sheet = document.replace(/json$/, 'html')
  let isDone = false
  try {
    const code = await runAudit(kind === 'sheet' ? ['--html', sheet] : [], document, around)
    if (!doneCodes.includes(code)) throw await failureOf(document)
    isDone = true
    return kind === 'sheet' ? sheet : document
  } finally {
    if (!isDone || kind === 'sheet') await rm(document, { force: true })
  }
}

/** Resolves with the exit code; null when it was ended. */
async function runAudit(words: readonly string[], output: string, { place, children }: Around): Promise<number | null> {
  const { stateDir, configPath } = place
  const where = ['--state-dir', stateDir, ...(configPath === null ? [] : ['--config', configPath])]
  const file = await open(output, 'wx', 0o600)
  try {
    const child = spawn(process.execPath, [program, 'images', 'audit', ...words, '--json', ...where], {
      stdio: ['ignore', file.fd, 'ignore'],
      env: environmentOfOthers(process.env),
      timeout: longestMs,
    })
    children.add(child)
    return await new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code) => {
        children.delete(child)
        resolve(code)
      })
    })
  } finally {
    await file.close()
  }
}

/** The error document that the audit printed. */
async function failureOf(output: string): Promise<Error> {
  const text = await readFile(output, 'utf8')
  if (text === '' || text.length > errorBytesMax) {
    return new HttpError({ code: 'unavailable', message: 'the audit was ended before it was done' })
  }
  const { error }: ErrorDocument = JSON.parse(text)
  const hint = error.hint === null ? {} : { hint: error.hint }
  if (error.code === 'usage') return new HttpError({ code: 'not_found', message: error.message, ...hint })
  return new WholesalerError({ kind: 'temporary', message: error.message, ...hint })
}
