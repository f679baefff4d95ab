/**
 * How a worker is shown: a bar for each job in a terminal, plain lines in a pipe or a log, or one stream of
 * events. Jobs run side by side, so each has a `Progress` of its own.
 */
import type { Clock } from '../../core/clock.js'
import { isFinished, type Job, type JobCounts, type RunningJob } from '../../core/jobs/job.js'
import type { Progress, ProgressEvent } from '../../core/progress.js'
import { statusMessage } from '../documents.js'
import { jobFigures } from '../job-text.js'
import { plain, toStderr, toStdout } from '../print.js'
import type { JobBars } from './job-bars.js'
import { NdjsonProgress } from './ndjson-progress.js'
import { warningLine } from './warning-text.js'

export interface WorkerDisplay {
  /** Where one job tells how it goes; begins with a `job` event. */
  progressOf(id: number): Progress
  counts(id: number, counts: JobCounts): void
  warn(message: string): void
  /** Something that is done, and no warning: one line. */
  note(message: string): void
  /** The last line of an event stream. */
  summary: ((document: object) => void) | null
  close(): void
}

export interface WorkerDisplayWishes {
  readonly tty: boolean
  readonly ndjson: boolean
}

export async function openWorkerDisplay({ tty, ndjson }: WorkerDisplayWishes, clock: Clock): Promise<WorkerDisplay> {
  if (ndjson) return eventStream(clock)
  if (!tty) return new WorkerLines(toStderr, clock)
  const { JobBars } = await import('./job-bars.js')
  return new WorkerBars(new JobBars(process.stderr))
}

function eventStream(clock: Clock): WorkerDisplay {
  const all = new NdjsonProgress(toStdout, clock)
  return {
    progressOf: () => new NdjsonProgress(toStdout, clock),
    counts: () => {},
    warn: (message) => all.emit({ type: 'warning', message }),
    note: (message) => all.emit({ type: 'warning', message }),
    summary: (document) => all.summary(document),
    close: () => {},
  }
}

/** Milliseconds between two lines about a job that goes on. */
const lineEveryMs = 60_000

export class WorkerLines implements WorkerDisplay {
  readonly summary = null
  private readonly jobs = new Map<number, { readonly job: RunningJob; lineAtMs: number }>()

  constructor(
    private readonly write: (line: string) => void,
    private readonly clock: Clock,
  ) {}

  progressOf(id: number): Progress {
    return { emit: (event) => this.told(id, event) }
  }

  counts(id: number, counts: JobCounts): void {
    const shown = this.jobs.get(id)
    const now = this.clock.monotonic()
    if (shown === undefined || now - shown.lineAtMs < lineEveryMs) return
    shown.lineAtMs = now
    this.write(`job ${id}: running, ${jobFigures({ ...shown.job, counts })}\n`)
  }

  warn(message: string): void {
    this.write(warningLine({ message, hint: null }, { isTTY: false }))
  }

  note(message: string): void {
    this.write(`${plain(message)}\n`)
  }

  close(): void {}

  private told(id: number, event: ProgressEvent): void {
    if (event.type === 'warning') this.warn(`job ${id}: ${event.message}`)
    if (event.type !== 'job') return
    const { job } = event
    if (job.status === 'running') this.jobs.set(id, { job, lineAtMs: this.clock.monotonic() })
    else this.jobs.delete(id)
    this.write(jobLine(job))
  }
}

class WorkerBars implements WorkerDisplay {
  readonly summary = null
  private readonly running = new Map<number, RunningJob>()

  constructor(private readonly bars: JobBars) {}

  progressOf(id: number): Progress {
    return { emit: (event) => this.told(id, event) }
  }

  counts(id: number, counts: JobCounts): void {
    const job = this.running.get(id)
    if (job !== undefined) this.bars.show({ ...job, counts })
  }

  warn(message: string): void {
    this.bars.line(warningLine({ message, hint: null }, { isTTY: true }))
  }

  note(message: string): void {
    this.bars.line(`${plain(message)}\n`)
  }

  close(): void {
    this.bars.end()
  }

  private told(id: number, event: ProgressEvent): void {
    if (event.type === 'warning') this.warn(`job ${id}: ${event.message}`)
    if (event.type !== 'job') return
    const { job } = event
    if (job.status === 'running') {
      this.running.set(id, job)
      this.bars.show(job)
      return
    }
    this.running.delete(id)
    this.bars.remove(id)
    this.bars.line(jobLine(job))
  }
}

/** A job at its start and at its end, in one line. */
function jobLine(job: Job): string {
  const what = job.status === 'running' ? job.options.wholesalers.join(', ') : jobFigures(job)
  const why = isFinished(job) && job.status === 'failed' ? `: ${job.errorMessages.at(-1) ?? ''}` : ''
  return `job ${job.id}: ${plain(`${statusMessage(job)}${why}`)} (${plain(what)})\n`
}
