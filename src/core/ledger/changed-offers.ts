/** Products whose offer changed since the current snapshot: some of them, spread over all, with what they were. */
import { parseBody } from '../product/fingerprint.js'
import type { Database } from '../sqlite.js'
import type { BodyFiles, BodyPlace } from './body-files.js'
import { countInState } from './count-rows.js'
import type { ChangedOffers } from './ledger.js'
import { rowState } from './schema.js'

interface ChangedRow extends BodyPlace {
  readonly was_at: number
  readonly was_bytes: number
  readonly moved: number
}

/** Looks at every so-manieth changed row only: a feed may change as a whole. */
export function changedOffers(
  database: Database,
  bodies: BodyFiles,
  { current, staged }: { readonly current: number | null; readonly staged: number },
  sampleMax: number,
): ChangedOffers {
  const changed = countInState(database, staged, rowState.changed)
  if (current === null || changed === 0) return { total: 0, sample: [] }
  const rows = database
    .prepare<ChangedRow>(`
      SELECT s.body_at AS at, s.body_bytes AS bytes, was.body_at AS was_at, was.body_bytes AS was_bytes,
        s.offer <> was.offer AS moved
      FROM staged s INDEXED BY staged_pending CROSS JOIN staged was ON was.snapshot_id = ? AND was.key = s.key
      WHERE s.snapshot_id = ? AND s.state = ${rowState.changed} AND s.state > 0 AND s.id % ? = 0`)
    .all(current, staged, Math.ceil(changed / sampleMax))
  const moved = rows.filter((row) => row.moved === 1)
  if (moved.length === 0) return { total: 0, sample: [] }
  const before = bodies.read(
    current,
    moved.map(({ was_at: at, was_bytes: bytes }) => ({ at, bytes })),
  )
  const after = bodies.read(staged, moved)
  return {
    total: Math.round((moved.length / rows.length) * changed),
    sample: moved.map((_, index) => [parseBody(before[index] ?? ''), parseBody(after[index] ?? '')] as const),
  }
}
