/** What a staging would change, before anything of it is visible. */
import type { Database, SqlValue } from '../sqlite.js'
import { countInState } from './count-rows.js'
import type { BaseRow, KeptRows } from './kept-rows.js'
import type { StagedCounts } from './ledger.js'
import type { Pace } from './pace.js'
import { rowState } from './schema.js'
import { isInSnapshot } from './settle.js'

/** A staging as far as it has come. */
export interface StagedSoFar {
  readonly stagingId: number
  readonly wholesalerId: number
  /** Rows that it wrote. */
  readonly written: number
  readonly kept: KeptRows | null
}

/** Rows of the snapshot that a staging stands on that it does not keep. */
export interface UnkeptRows {
  readonly count: number
  readonly new: number
  readonly changed: number
  /** Those that the feed does not have at all, up to so many as were asked for. */
  readonly leftOut: readonly number[]
  /** Bytes of the bodies of those left out, and of the others. */
  readonly leftOutBytes: number
  readonly displacedBytes: number
}

const nothingUnkept: UnkeptRows = { count: 0, new: 0, changed: 0, leftOut: [], leftOutBytes: 0, displacedBytes: 0 }

export async function findUnkept(kept: KeptRows | null, pace: Pace, leftOutMax: number): Promise<UnkeptRows> {
  if (kept === null) return nothingUnkept
  const found = { ...nothingUnkept, leftOut: [] as number[] }
  await kept.eachUnkept(pace, (rows) => {
    for (const { id, state, bytes } of rows) {
      found.count += 1
      if (state === rowState.new) found.new += 1
      if (state === rowState.changed) found.changed += 1
      if (kept.isDisplaced(id)) found.displacedBytes += bytes
      else {
        found.leftOutBytes += bytes
        if (found.leftOut.length < leftOutMax) found.leftOut.push(id)
      }
    }
  })
  return found
}

/** How the rows of the staging stand to what was imported. */
export function countStates(
  database: Database,
  staging: StagedSoFar,
  unkept: UnkeptRows,
): Omit<StagedCounts, 'missing'> {
  const { stagingId, kept, written } = staging
  const count = (state: 'new' | 'changed') => {
    const inStaging = countInState(database, stagingId, rowState[state])
    return kept === null ? inStaging : inStaging + countInState(database, kept.base.id, rowState[state]) - unkept[state]
  }
  const quarantined = countQuarantinedOf(database, staging)
  const added = count('new') + quarantined.new
  const changed = count('changed') + quarantined.changed
  const products = written + (kept === null ? 0 : kept.base.products - unkept.count)
  return { new: added, changed, unchanged: products - added - changed }
}

/** Kept rows in quarantine: they differ from what was imported like those that are written, and not yet put there again. */
function countQuarantinedOf(database: Database, { wholesalerId, kept }: StagedSoFar) {
  const counts = { new: 0, changed: 0 }
  if (kept === null) return counts
  const rows = database.prepare<{ id: number; known: number }>(`
    SELECT s.id, EXISTS (SELECT 1 FROM imported i WHERE i.wholesaler_id = q.wholesaler_id AND i.key = q.key) AS known
    FROM quarantine q JOIN staged s ON s.snapshot_id = ? AND s.key = q.key
    WHERE q.wholesaler_id = ? AND s.state = ${rowState.quarantined}`)
  for (const { id, known } of rows.all(kept.base.id, wholesalerId)) {
    if (kept.has(id)) counts[known === 1 ? 'changed' : 'new'] += 1
  }
  return counts
}

/** Products of the last import that the staging lacks, as far as they are of this kind: a condition with its values. */
export async function countLacking(
  database: Database,
  staging: StagedSoFar,
  pace: Pace,
  kind: string,
  ...values: readonly SqlValue[]
): Promise<number> {
  const { stagingId, wholesalerId, kept } = staging
  const page = database.prepare<{ key: string; lacking: number }>(`
    SELECT key, batch IS NOT NULL AND ${kind} AND NOT ${isInSnapshot}
      AND NOT EXISTS (SELECT 1 FROM staged b WHERE b.snapshot_id = ? AND b.key = imported.key) AS lacking
    FROM imported WHERE wholesaler_id = ? AND key > ? ORDER BY key LIMIT ?`)
  let count = 0
  for (let after: string | undefined = ''; after !== undefined; ) {
    const from: string = after
    const products = await pace.step((rows) =>
      page.all(...values, stagingId, stagingId, kept?.base.id ?? null, wholesalerId, from, rows),
    )
    for (const { lacking } of products) count += lacking
    after = products.at(-1)?.key
  }
  const leftOut = database.prepare<{ count: number }>(`
    SELECT count(*) AS count FROM json_each(?) l CROSS JOIN staged b ON b.id = l.value
      CROSS JOIN imported ON wholesaler_id = ? AND imported.key = b.key
    WHERE batch IS NOT NULL AND ${kind} AND NOT ${isInSnapshot}`)
  await kept?.eachUnkept(pace, (rows) => {
    const ids = idsOf(rows.filter(({ id }) => !kept.isDisplaced(id)))
    count += leftOut.get(ids, wholesalerId, ...values, stagingId, stagingId)?.count ?? 0
  })
  return count
}

function idsOf(rows: readonly BaseRow[]): string {
  return JSON.stringify(rows.map(({ id }) => id))
}
