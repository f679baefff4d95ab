/** Figures for Prometheus, in its text format (https://prometheus.io/docs/instrumenting/exposition_formats/, 0.0.4). */
import { durationOf, type StatsFields, statsFields } from '../cli/documents.js'
import type { Job } from '../core/jobs/job.js'
import { jobStatuses } from '../core/jobs/job.js'
import type { JobsNow } from './job-board.js'
import type { SeriesPoint } from './job-details.js'

export interface MetricFacts {
  readonly board: JobsNow
  readonly stuck: number
  readonly points: readonly SeriesPoint[]
  readonly watchers: number
  readonly nowMs: number
}

type Labels = Readonly<Record<string, string | number>>
type Sample = readonly [labels: Labels, value: number]

interface Metric {
  readonly name: string
  readonly type: 'gauge' | 'counter' | 'summary'
  readonly help: string
  readonly samples: readonly Sample[]
}

export function metricsText(facts: MetricFacts): string {
  const { jobs, history } = facts.board
  const stats = statsFields(jobs, history, facts.nowMs)
  const metrics: readonly Metric[] = [
    ...jobMetrics(stats, facts),
    ...productMetrics(stats, jobs, facts.nowMs),
    ...batchMetrics(facts.points),
    gauge('wholesaler_watchers', 'Pages that watch the jobs now.', [[{}, facts.watchers]]),
    gauge('process_resident_memory_bytes', 'Memory of the server.', [[{}, process.memoryUsage.rss()]]),
  ]
  return metrics.map(textOf).join('')
}

function jobMetrics(stats: StatsFields, { board: { jobs, history }, stuck }: MetricFacts): readonly Metric[] {
  const ended = jobs.filter(({ status }) => status === 'completed')
  const completed = ended.length + history.completed
  const seconds = ended.reduce((sum, job) => sum + (durationOf(job, 0) ?? 0), history.completedMs / 1000)
  const [last] = jobs.flatMap((job) => (job.status === 'completed' ? [job.completedAt / 1000] : []))
  return [
    gauge(
      'wholesaler_jobs',
      'Jobs there ever were, by the state they are in.',
      jobStatuses.map((status) => [{ status }, stats[status]]),
    ),
    gauge('wholesaler_jobs_stuck', 'Jobs that need recovery, as judged now.', [[{}, stuck]]),
    {
      name: 'wholesaler_job_duration_seconds',
      type: 'summary',
      help: 'How long completed jobs took.',
      samples: [
        [{ part: '_sum' }, seconds],
        [{ part: '_count' }, completed],
      ],
    },
    gauge(
      'wholesaler_last_completed_timestamp_seconds',
      'When a job was completed last.',
      last === undefined ? [] : [[{}, last]],
    ),
  ]
}

const outcomes = ['created', 'updated', 'unchanged', 'skipped', 'errors'] as const
const imageOutcomes = ['wanted', 'downloaded', 'attached', 'duplicatesSkipped', 'failed'] as const

function productMetrics(stats: StatsFields, jobs: readonly Job[], nowMs: number): readonly Metric[] {
  const running = jobs.filter(({ status }) => status === 'running')
  const perSecond = (job: Job): Sample => {
    const seconds = durationOf(job, nowMs) ?? 0
    return [{ job: job.id }, seconds === 0 ? 0 : job.counts.processed / seconds]
  }
  const latencies = running.flatMap((job): Sample[] => {
    const latencyMs = job.counts.pace?.latencyMs ?? null
    return latencyMs === null ? [] : [[{ job: job.id }, latencyMs / 1000]]
  })
  return [
    {
      name: 'wholesaler_products_total',
      type: 'counter',
      help: 'Products that jobs processed, by what became of them.',
      samples: outcomes.map((outcome) => [{ outcome }, stats[`total_${outcome}`]]),
    },
    gauge('wholesaler_products_per_second', 'Of each running job, since its start.', running.map(perSecond)),
    gauge(
      'wholesaler_images',
      'Images of the jobs that are kept, by what became of them.',
      imageOutcomes.map((outcome) => [
        { outcome: outcome === 'duplicatesSkipped' ? 'duplicates_skipped' : outcome },
        jobs.reduce((sum, { counts }) => sum + counts.images[outcome], 0),
      ]),
    ),
    gauge(
      'wholesaler_shop_latency_seconds',
      'The slowest of the last requests to the shop, of each running job.',
      latencies,
    ),
  ]
}

const quantiles = [0.5, 0.9, 0.99] as const

function batchMetrics(points: readonly SeriesPoint[]): readonly Metric[] {
  const sorted = points.map(({ duration_ms: ms }) => ms / 1000).sort((a, b) => a - b)
  const at = (quantile: number) => sorted[Math.min(sorted.length - 1, Math.floor(quantile * sorted.length))]
  const samples = quantiles.flatMap((quantile): Sample[] => {
    const seconds = at(quantile)
    return seconds === undefined ? [] : [[{ quantile }, seconds]]
  })
  return [gauge('wholesaler_batch_duration_seconds', 'How long the last batches took, of 500.', samples)]
}

function gauge(name: string, help: string, samples: readonly Sample[]): Metric {
  return { name, type: 'gauge', help, samples }
}

/** `part` is no label, but an ending of the name. */
function textOf({ name, type, help, samples }: Metric): string {
  const lines = samples.map(([{ part = '', ...labels }, value]) => {
    const told = Object.entries(labels).map(([label, text]) => `${label}="${text}"`)
    return `${name}${part}${told.length === 0 ? '' : `{${told.join(',')}}`} ${value}\n`
  })
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`
}
