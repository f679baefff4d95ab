/** All that is known of one job, and how fast batches went. */
import { existsSync } from 'node:fs'
import { type DocumentHead, documentHead, type StatusDocument, statusDocument } from '../cli/documents.js'
import { exitDone } from '../cli/exit-code.js'
import { logPath } from '../cli/spawn-worker.js'
import { hasLedger } from '../cli/wiring.js'
import { unixSeconds } from '../core/clock.js'
import type { Job } from '../core/jobs/job.js'
import type { PastBatch } from '../core/ledger/batch-history.js'
import type { JobLedger } from '../core/ledger/sqlite-job-ledger.js'
import { rejectsPath } from '../core/rejects-file.js'
import type { ServePorts } from './route.js'
import type { StuckFields } from './stuck-watch.js'

export interface BatchFields {
  /** From 1. */
  readonly batch: number
  readonly wholesaler: string
  /** `released`: given back, or halved because it crashed its workers. */
  readonly state: 'running' | 'finished' | 'released'
  readonly processed: number
  readonly created: number
  readonly updated: number
  readonly unchanged: number
  readonly skipped: number
  readonly errors: number
  readonly started_at: number | null
  readonly ended_at: number | null
  readonly duration_ms: number | null
}

export interface JobDetailsDocument extends StatusDocument {
  /** Null when it is not stuck. */
  readonly stuck: StuckFields | null
  /** In the order in which they were taken; the last ones when there are very many. */
  readonly batches: readonly BatchFields[]
  readonly has_rejects: boolean
  readonly has_log: boolean
}

export interface SeriesDocument extends DocumentHead {
  /** Oldest first. */
  readonly series: readonly SeriesPoint[]
}

export interface SeriesPoint {
  readonly job_id: number
  /** Unix seconds, with milliseconds: several batches may end within a second. */
  readonly ended_at: number
  readonly products: number
  readonly duration_ms: number
}

/** Batches shown of one job: more is nothing to look at. */
const batchesMax = 1_000
/** Points of a plot. */
const pointsMax = 500

type DetailPorts = Pick<ServePorts, 'place' | 'ledger' | 'stuck' | 'clock'>

export async function jobDetails(job: Job, ports: DetailPorts): Promise<JobDetailsDocument> {
  const { place, stuck, clock } = ports
  const found = (await stuck.read()).find(({ job_id: id }) => id === job.id)
  const batches = await lookedUp(ports, (ledger) => ledger.batchesOf(job.id, batchesMax))
  return {
    ...statusDocument({ job, nowMs: clock.now(), exitCode: exitDone }),
    stuck: found ?? null,
    batches: batches.map(batchFields),
    has_rejects: existsSync(rejectsPath(place.stateDir, job.id)),
    has_log: existsSync(logPath(place.stateDir, job.id)),
  }
}

export async function series(ports: DetailPorts): Promise<SeriesDocument> {
  const batches = await lookedUp(ports, (ledger) => ledger.lastBatches(pointsMax))
  return { ...documentHead(true), series: batches.flatMap(seriesPoint) }
}

function seriesPoint(batch: PastBatch): readonly SeriesPoint[] {
  const { jobId, finishedAt, processed } = batch
  const durationMs = durationOf(batch)
  if (finishedAt === null || durationMs === null) return []
  return [{ job_id: jobId, ended_at: finishedAt / 1000, products: processed, duration_ms: durationMs }]
}

/** Nothing where nothing was ever imported. */
async function lookedUp<T>(
  { place, ledger }: DetailPorts,
  look: (ledger: JobLedger) => Promise<readonly T[]>,
): Promise<readonly T[]> {
  return hasLedger(place.stateDir) ? await ledger.use(look) : []
}

function batchFields(batch: PastBatch): BatchFields {
  const { number, wholesaler, state, processed, created, updated, unchanged, skipped, errors } = batch
  const seconds = (ms: number | null) => (ms === null ? null : unixSeconds(ms))
  return {
    ...{ batch: number, wholesaler, state, processed, created, updated, unchanged, skipped, errors },
    started_at: seconds(batch.claimedAt),
    ended_at: seconds(batch.finishedAt),
    duration_ms: durationOf(batch),
  }
}

/** The wall clock may have been set back meanwhile. */
function durationOf({ claimedAt, finishedAt }: PastBatch): number | null {
  return claimedAt === null || finishedAt === null ? null : Math.max(0, finishedAt - claimedAt)
}
