import type { Database } from '../sqlite.js'
import type { ClaimedBatch } from './ledger.js'
import { batchId } from './sequence.js'

/** Below every token: whoever owns the job takes such a batch as one that was left behind. */
const nobody = 0

/**
 * Makes two batches, under new ids, of what was handed out of one. What was not handed out of it, because it
 * has changed or gone since, is free again. Call inside a transaction that has passed the fence.
 */
export function halve(database: Database, wholesalerId: number, { id, jobId, items }: ClaimedBatch): void {
  const { last } = database
    .prepare<{ last: number }>('SELECT max(number) AS last FROM batch WHERE job_id = ?')
    .get(jobId) ?? { last: 0 }
  const middle = Math.ceil(items.length / 2)
  const halves = [items.slice(0, middle), items.slice(middle)].filter((half) => half.length > 0)
  for (const [index, half] of halves.entries()) {
    const number = last + 1 + index
    const partId = batchId(database, jobId, number)
    database
      .prepare(`
        INSERT INTO batch (id, job_id, number, wholesaler_id, token, tries, size, part, state)
        VALUES (?, ?, ?, ?, ${nobody}, 0, ?, 1, 'running')`)
      .run(partId, jobId, number, wholesalerId, half.length)
    database
      .prepare(`
        UPDATE batch_item SET batch_id = ?
        WHERE wholesaler_id = ? AND batch_id = ? AND key IN (SELECT value FROM json_each(?))`)
      .run(partId, wholesalerId, id, JSON.stringify(half.map(({ key }) => key)))
  }
  database.prepare('DELETE FROM batch_item WHERE batch_id = ?').run(id)
  database.prepare("UPDATE batch SET state = 'released', halved = 1 WHERE id = ?").run(id)
}
