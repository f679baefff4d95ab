/** How a staging becomes the current snapshot: merged into the one it stands on, or as one of its own. */
import type { Clock } from '../clock.js'
import type { Database } from '../sqlite.js'
import type { BodyWriter } from './body-writer.js'
import { carryOver } from './carry-over.js'
import type { BaseSnapshot } from './kept-rows.js'
import type { FeedFigures, SnapshotFacts } from './ledger.js'
import { makeCurrent, type NewSnapshot } from './make-current.js'
import type { StagingMarks } from './marks-files.js'
import { addBodies, countToMerge, type Merge, merge } from './merge-snapshot.js'
import type { Pace } from './pace.js'
import { takeOverFailures } from './settle.js'
import type { StagedFiles } from './staged-files.js'
import type { StagedSoFar, UnkeptRows } from './staging-counts.js'

export interface EndingStaging extends StagedSoFar {
  readonly database: Database
  readonly files: StagedFiles
  /** Its bodies. */
  readonly file: BodyWriter
  readonly marks: StagingMarks
  readonly unkept: UnkeptRows
  /** Changed rows that are merged. */
  readonly mergedMax: number
  readonly pace: Pace
  readonly clock: Clock
  /** Throws when the staging was dropped; called in every transaction. */
  readonly checkAlive: () => void
}

/** Returns the snapshot that is current from then on; its missing products are then to be settled. */
export async function endStaging(
  staging: EndingStaging,
  facts: SnapshotFacts,
  figures: FeedFigures | undefined,
): Promise<number> {
  const base = mergesInto(staging, facts)
  if (!facts.complete) staging.marks.drop()
  return base === null ? await replace(staging, facts, figures) : await mergeInto(staging, base, facts, figures)
}

export function currentSnapshot(database: Database, wholesalerId: number): number | null {
  const wholesaler = database.prepare<{ id: number | null }>(
    'SELECT current_snapshot AS id FROM wholesaler WHERE id = ?',
  )
  return wholesaler.get(wholesalerId)?.id ?? null
}

/** The snapshot that the staging stands on, when little enough has changed to merge into it. */
function mergesInto(
  { database, files, stagingId, kept, written, unkept, mergedMax }: EndingStaging,
  { complete }: SnapshotFacts,
): BaseSnapshot | null {
  const base = kept?.base ?? null
  if (base === null || files.bodies.size(base.id) === null) return null
  const rows = countToMerge(database, stagingId, base, written)
  return rows + (complete ? unkept.leftOut.length : 0) <= mergedMax ? base : null
}

async function mergeInto(
  staging: EndingStaging,
  base: BaseSnapshot,
  facts: SnapshotFacts,
  figures: FeedFigures | undefined,
): Promise<number> {
  const { database, files, file, stagingId, wholesalerId, unkept, pace, checkAlive } = staging
  await file.abandon()
  const marksBytes = await staging.marks.finish()
  await takeOverFailures(database, wholesalerId, stagingId, pace)
  const work: Merge = {
    database,
    stagingId,
    base,
    checkAlive,
    leftOut: facts.complete ? unkept.leftOut : [],
    freedBytes: unkept.displacedBytes + (facts.complete ? unkept.leftOutBytes : 0),
  }
  const at = await addBodies(work, files.bodies, file.end, pace)
  const snapshot = newSnapshot(staging, facts, figures, marksBytes)
  await pace.step(() => merge(work, snapshot, at))
  return base.id
}

async function replace(
  staging: EndingStaging,
  facts: SnapshotFacts,
  figures: FeedFigures | undefined,
): Promise<number> {
  const { database, file, marks, stagingId, wholesalerId, written, pace, checkAlive } = staging
  const carried = await carryOverRows(staging, facts)
  await file.finish()
  // Rows that were copied, and those known by the ids of rows that they were to replace, have other ids by now.
  if (staging.kept !== null) marks.drop()
  const marksBytes = await marks.finish()
  await takeOverFailures(database, wholesalerId, stagingId, pace)
  const snapshot = newSnapshot(staging, facts, figures, marksBytes)
  database.transaction(() => {
    checkAlive()
    makeCurrent(database, stagingId, file.end, { ...snapshot, products: written + carried })
  })
  return stagingId
}

/** Copies what is to be in the snapshot and was not written: rows that were kept, or all when more may come. */
async function carryOverRows(staging: EndingStaging, { complete }: SnapshotFacts): Promise<number> {
  const { database, files, file, stagingId, wholesalerId, kept, pace, checkAlive } = staging
  const from = currentSnapshot(database, wholesalerId)
  if (from === null || (complete && kept === null)) return 0
  // Nothing is known about products not yet read.
  const isWanted = (id: number) => !complete || kept?.has(id) === true
  return await carryOver({
    database,
    bodies: files.bodies,
    pace,
    from,
    to: stagingId,
    file,
    checkAlive,
    isWanted,
  })
}

function newSnapshot(
  { wholesalerId, clock }: EndingStaging,
  facts: SnapshotFacts,
  figures: FeedFigures | undefined,
  marksBytes: number | null,
): NewSnapshot {
  return { wholesalerId, facts, figures, marksBytes, now: clock.now() }
}
