/** Copies rows of the current snapshot into a staging, in small transactions, with their bodies and all that is known of them. */
import type { Database } from '../sqlite.js'
import type { BodyFiles, BodyPlace } from './body-files.js'
import type { BodyWriter } from './body-writer.js'
import type { Pace } from './pace.js'
import { rowRanges } from './row-ranges.js'
import { lastStagedId, noteAppended } from './staged-rows.js'

export interface CarryOver {
  readonly database: Database
  readonly bodies: BodyFiles
  readonly pace: Pace
  readonly from: number
  readonly to: number
  /** The file of `to`. */
  readonly file: BodyWriter
  /** Throws when the staging was dropped; called in every transaction. */
  readonly checkAlive: () => void
  /** Rows that are copied, if their keys are not there. */
  readonly isWanted: (id: number) => boolean
}

/** Returns how many rows were copied. */
export async function carryOver(work: CarryOver): Promise<number> {
  const { database, pace } = work
  let copied = 0
  for (const { first, last } of rowRanges(database, work.from)) {
    for (let at = first; at <= last; ) {
      at = await pace.step((rows) => {
        const end = Math.min(at + rows, last + 1)
        copied += database.transaction(() => {
          work.checkAlive()
          return copyRows(work, at, end)
        })
        return end
      })
    }
  }
  return copied
}

/** Copies the rows with ids from `first` up to `end`. */
function copyRows({ database, bodies, from, to, file, isWanted }: CarryOver, first: number, end: number): number {
  if (!someId(first, end, isWanted)) return 0
  const rows = database
    .prepare<BodyPlace & { id: number }>(`
      SELECT id, body_at AS at, body_bytes AS bytes FROM staged was NOT INDEXED
      WHERE id >= ? AND id < ? AND snapshot_id = ? AND NOT EXISTS
        (SELECT 1 FROM staged s WHERE s.snapshot_id = ? AND s.key = was.key) ORDER BY id`)
    .all(first, end, from, to)
    .filter(({ id }) => isWanted(id))
  const before = lastStagedId(database)
  // One statement and one write for all: by itself, each row would take twice the time.
  let at = file.append(Buffer.from(bodies.read(from, rows).join('')))
  const places = rows.map(({ id, bytes }) => {
    at += bytes
    return [id, at - bytes]
  })
  database
    .prepare(`
      INSERT INTO staged (snapshot_id, key, line, content, offer, images, variants, images_wanted, body_at, body_bytes,
        state, attempts, last_job)
      SELECT ?, was.key, line, content, offer, images, variants, images_wanted, place.value ->> 1, body_bytes, state, attempts,
        last_job
      FROM json_each(?) place CROSS JOIN staged was ON was.id = place.value ->> 0`)
    .run(to, JSON.stringify(places))
  noteAppended(database, to, before)
  return rows.length
}

function someId(first: number, end: number, isWanted: (id: number) => boolean): boolean {
  for (let id = first; id < end; id += 1) if (isWanted(id)) return true
  return false
}
