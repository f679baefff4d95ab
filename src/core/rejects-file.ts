/**
 * The rejects file of one job: every row and product that could not be imported, with place and reason.
 * CSV, `rejects/<job>.csv`, made only when there is something to write. An attempt that goes on adds to it.
 */
import { closeSync, existsSync, fstatSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { csvRow } from './csv-writer.js'
import { isDiskFull, WholesalerError } from './errors.js'
import type { Reject } from './feed/feed.js'

export interface RejectsFile {
  add(wholesaler: string, reject: Reject): void
  /** Path of the file, or null while nothing was rejected. */
  readonly path: string | null
  /** Writes what was gathered. Cheap when there is nothing. */
  flush(): void
  close(): void
}

const columns = ['wholesaler', 'line', 'record', 'code', 'reason', 'field', 'key', 'sku', 'raw']

/** Bytes gathered before they are written: rejects come in floods or not at all. */
const bufferBytesMax = 64 * 1024

/** Raw records are cut to this many characters: enough to find the row, never the whole of a broken feed. */
const rawLengthMax = 4096

/** Where the rejects of a job are kept, when there are any. */
export function rejectsPath(stateDir: string, jobId: number): string {
  return join(stateDir, 'rejects', `${jobId}.csv`)
}

/** What is there already stays: it is from an earlier attempt at the job. */
export function openRejectsFile(path: string): RejectsFile {
  let file: number | null = null
  let buffered = ''

  const flush = () => {
    if (buffered === '') return
    try {
      if (file === null) {
        mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
        file = openSync(path, 'a', 0o600)
        if (fstatSync(file).size === 0) buffered = csvRow(columns) + buffered
      }
      writeSync(file, buffered)
    } catch (error: unknown) {
      throw isDiskFull(error)
        ? new WholesalerError({
            kind: 'disk_full',
            message: 'the disk is full: the rejects file cannot be written',
            hint: 'Free some space and run the import again.',
            place: { file: path },
            cause: error,
          })
        : error
    }
    buffered = ''
  }

  let used = existsSync(path)
  return {
    get path() {
      return used ? path : null
    },
    add(wholesaler, reject) {
      used = true
      const { line, record } = reject.position
      buffered += csvRow([
        wholesaler,
        line > 0 ? String(line) : '',
        record > 0 ? String(record) : '',
        reject.code,
        reject.reason,
        reject.field ?? '',
        reject.key ?? '',
        reject.sku ?? '',
        (reject.raw ?? '').slice(0, rawLengthMax),
      ])
      if (buffered.length >= bufferBytesMax) flush()
    },
    flush,
    close() {
      flush()
      if (file !== null) closeSync(file)
      file = null
    },
  }
}
