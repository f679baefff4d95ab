/** Jobs for people: one in full, many as a table. */
import type { ChalkInstance } from 'chalk'
import type { Job, JobStatus } from '../core/jobs/job.js'
import { durationOf, jobFields, type StatsFields, statusMessage } from './documents.js'
import { count, countOf, secondsText, timeText } from './figures.js'
import { plain } from './print.js'
import { pairLines, tableLines } from './table.js'

/** Messages of a job shown by `status`; `--json` has all. */
const messagesMax = 5

/** Everything `status` says about one job. */
export function jobText(job: Job, nowMs: number, style: ChalkInstance): string {
  const fields = jobFields(job, nowMs)
  const head = `Job ${job.id}  ${statusColor(style, job.status)}  ${fields.progress} %`
  const pairs = pairLines([
    ['State', statusMessage(job)],
    ['Wholesalers', job.options.wholesalers.join(', ')],
    ['Source', fields.source],
    ['Added', timeText(job.createdAt)],
    ['Started', fields.started_at === null ? null : startedText(job, nowMs)],
    ['Worker', fields.worker === null ? null : `process ${fields.worker.pid} on ${fields.worker.host}`],
    ['Products', productsText(job)],
    ['Images', imagesText(job)],
    ['Pace', paceText(job)],
    ['Exit code', fields.exit_code === null ? null : String(fields.exit_code)],
    ['Next', job.status === 'processing_stuck' ? 'The next wholesaler import goes on with what is left.' : null],
  ])
  const errors = job.errorMessages.slice(0, messagesMax).map((message) => `${style.red('Error')}  ${plain(message)}`)
  const more = job.errorMessages.length - messagesMax
  if (more > 0) errors.push(`… and ${countOf(more, 'more error')}; --json has all`)
  return `${[head, ...pairs, ...errors].join('\n')}\n`
}

function startedText(job: Job, nowMs: number): string {
  const startedAt = 'startedAt' in job ? job.startedAt : null
  const seconds = durationOf(job, nowMs)
  if (startedAt === null || seconds === null) return ''
  return `${timeText(startedAt)}, ${job.status === 'running' ? 'runs for' : 'took'} ${secondsText(seconds)}`
}

function productsText({ counts }: Job): string {
  if (counts.estimatedTotal === 0 && counts.processed === 0) return 'nothing to do'
  const of = counts.estimatedTotal === null ? '' : ` of ${count(counts.estimatedTotal)}`
  const parts = (['created', 'updated', 'unchanged', 'skipped', 'errors'] as const)
    .filter((name) => counts[name] > 0)
    .map((name) => `${count(counts[name])} ${name}`)
  return `${count(counts.processed)}${of}${parts.length === 0 ? '' : `: ${parts.join(', ')}`}`
}

function paceText({ counts: { pace } }: Job): string | null {
  if (pace === undefined) return null
  const latency = pace.latencyMs === null ? '' : `, ${(pace.latencyMs / 1000).toFixed(1)} s each`
  return `${countOf(pace.requestSize, 'product')} a request, ${pace.requestsAtOnce} at once${latency}`
}

function imagesText({ counts: { images } }: Job): string | null {
  const parts = [
    [images.downloaded, 'downloaded'],
    [images.attached, 'attached'],
    [images.duplicatesSkipped, 'already there'],
    [images.failed, 'failed'],
  ] as const
  const shown = parts.filter(([number]) => number > 0).map(([number, word]) => `${count(number)} ${word}`)
  return images.wanted === 0
    ? null
    : `${count(images.wanted)} wanted${shown.length === 0 ? '' : `: ${shown.join(', ')}`}`
}

/** The list of jobs and a line of statistics. `lineWidth`: columns of the terminal; unlimited in a pipe. */
export function jobsText(
  jobs: readonly Job[],
  stats: StatsFields,
  nowMs: number,
  style: ChalkInstance,
  lineWidth?: number,
): string {
  if (jobs.length === 0) return 'No jobs.\n'
  const [titles = '', ...rows] = tableLines<Job>(
    [
      { title: 'ID', value: ({ id }) => String(id), side: 'right' },
      { title: 'STATUS', value: ({ status }) => status },
      { title: 'DONE', value: (job) => `${jobFields(job, nowMs).progress} %`, side: 'right' },
      { title: 'PROCESSED', value: ({ counts }) => count(counts.processed), side: 'right' },
      { title: 'CREATED', value: ({ counts }) => count(counts.created), side: 'right' },
      { title: 'UPDATED', value: ({ counts }) => count(counts.updated), side: 'right' },
      { title: 'ERRORS', value: ({ counts }) => count(counts.errors), side: 'right' },
      { title: 'TIME', value: (job) => timeOf(job, nowMs), side: 'right' },
      { title: 'ADDED', value: ({ createdAt }) => timeText(createdAt) },
      { title: 'WHOLESALERS', value: ({ options }) => options.wholesalers.join(', '), widthMax: 24 },
    ],
    jobs,
    lineWidth,
  )
  const colored = rows.map((row, index) => colorStatus(row, jobs[index]?.status, style))
  return `${[style.dim(titles), ...colored, '', statsText(stats)].join('\n')}\n`
}

function timeOf(job: Job, nowMs: number): string {
  const seconds = durationOf(job, nowMs)
  return seconds === null ? '' : secondsText(seconds)
}

function statsText(stats: StatsFields): string {
  const parts = (['completed', 'failed', 'running', 'scheduled', 'processing_stuck'] as const)
    .filter((status) => stats[status] > 0)
    .map((status) => `${count(stats[status])} ${status}`)
  const rates = [
    stats.success_rate === null ? null : `${stats.success_rate} % succeeded`,
    stats.average_duration === null ? null : `${secondsText(stats.average_duration)} on average`,
    stats.products_per_second === null ? null : `${count(stats.products_per_second)} products/s`,
  ].filter((part) => part !== null)
  return [`${countOf(stats.total_jobs, 'job')}: ${parts.join(', ')}`, ...rates].join(' · ')
}

function statusColor(style: ChalkInstance, status: JobStatus): string {
  switch (status) {
    case 'completed':
      return style.green(status)
    case 'running':
      return style.cyan(status)
    case 'scheduled':
      return status
    case 'processing_stuck':
      return style.yellow(status)
    case 'failed':
      return style.red(status)
    default:
      return status satisfies never
  }
}

/** After the row was aligned: colours would be counted as width. */
function colorStatus(row: string, status: JobStatus | undefined, style: ChalkInstance): string {
  return status === undefined ? row : row.replace(status, statusColor(style, status))
}

/** How far a job is, in a few words. */
export function jobFigures({ counts }: Job): string {
  const of = counts.estimatedTotal === null ? '' : ` of ${count(counts.estimatedTotal)}`
  const failed = counts.errors === 0 ? '' : `, ${count(counts.errors)} failed`
  return `${count(counts.processed)}${of} products, ${count(counts.images.attached)} images${failed}`
}
