/** What the page knows about the jobs: the latest news, and what can only be told by watching, as their pace. */
import { Pace } from '../../../cli/progress/pace.js'
import type { JobFields, JobsNews, StatusDocument, StuckFields } from './documents.js'
import { namesOf, stateOf } from './words.js'

/** A job of the list, with all that a row shows of it. */
export interface WatchedJob {
  readonly job: JobFields
  readonly message: string
  /** Why it counts as stuck; null when it does not. */
  readonly stuck: StuckFields | null
  /** Products per second; null when that cannot be told. */
  readonly perSecond: number | null
  /** Seconds; null when that cannot be told. */
  readonly secondsLeft: number | null
}

export interface Facts {
  /** Newest first; null before the first news. */
  readonly jobs: readonly WatchedJob[] | null
  readonly stuck: readonly StuckFields[]
  /** Unix ms by the server's clock. */
  nowMs(): number
}

/** Below this a rate since the start says nothing. Seconds. */
const earliestRateS = 2

/** Holds the facts for as long as the page is open. */
export class FactBook implements Facts {
  jobs: readonly WatchedJob[] | null = null
  stuck: readonly StuckFields[] = []
  readonly #clock: () => number
  readonly #paces = new Map<number, Pace>()
  #aheadMs = 0

  /** `clock`: Unix ms of this machine. */
  constructor(clock: () => number = Date.now) {
    this.#clock = clock
  }

  nowMs(): number {
    return this.#clock() + this.#aheadMs
  }

  note({ jobs, stuck, now }: JobsNews): void {
    this.#aheadMs = now * 1000 - this.#clock()
    this.stuck = stuck
    this.jobs = jobs.flatMap((document) => this.#watched(document))
  }

  #watched({ job, message }: StatusDocument): WatchedJob[] {
    if (job === null) return []
    const stuck = this.stuck.find(({ job_id }) => job_id === job.id) ?? null
    const isAtWork = job.status === 'running' && stuck === null
    if (!isAtWork) this.#paces.delete(job.id)
    const perSecond = isAtWork ? this.#perSecond(job) : averageRate(job)
    const left = job.estimated_total === null ? null : job.estimated_total - job.total_processed
    const secondsLeft = isAtWork && perSecond !== null && left !== null && left > 0 ? left / perSecond : null
    return [{ job, message, stuck, perSecond, secondsLeft }]
  }

  #perSecond(job: JobFields): number | null {
    const pace = this.#paces.get(job.id) ?? new Pace()
    this.#paces.set(job.id, pace)
    pace.note(this.#clock(), job.total_processed)
    return pace.perSecond() ?? averageRate(job)
  }
}

/** Of a job that is not being watched at work. */
export function averageRate({ total_processed: done, duration }: JobFields): number | null {
  return duration === null || duration < earliestRateS || done === 0 ? null : done / duration
}

/** Sentences about jobs whose state is another than before; none about what was there when the page was opened. */
export function newsSince(before: readonly WatchedJob[] | null, now: readonly WatchedJob[]): readonly string[] {
  if (before === null) return []
  const words = new Map(before.map((watched) => [watched.job.id, wordOf(watched)]))
  return now
    .filter((watched) => words.get(watched.job.id) !== wordOf(watched))
    .map((watched) => `Job ${watched.job.id}, ${namesOf(watched.job)}: ${wordOf(watched)}`)
}

function wordOf({ job, stuck }: WatchedJob): string {
  return stateOf(job, stuck !== null).word
}
