/** Work on the images of the whole store as a job of its own: no import runs beside it, and only its owner writes. */
import type { Config } from '../core/config/config.js'
import { type JobOptions, noCounts } from '../core/jobs/job.js'
import { type RunContext, runJob, type WorkReport } from '../core/jobs/run-job.js'
import { exitCodeOfEnd } from './exit-code.js'
import type { Workshop } from './wiring.js'

export interface ImageWork<R> {
  /** The command, for the list of jobs. */
  readonly name: string
  readonly signal: AbortSignal
  /** Returns its result, and whether a part of it failed. */
  readonly work: (context: RunContext) => Promise<{ readonly result: R; readonly partial: boolean }>
}

/** Throws what stopped the work, and `busy` when anybody is at work on the store. */
export async function runImageJob<R>(
  { name, signal, work }: ImageWork<R>,
  workshop: Workshop,
  config: Config,
): Promise<{ readonly jobId: number; readonly result: R; readonly exitCode: number }> {
  const wholesalers = (await workshop.ledger.wholesalers()).map((wholesaler) => wholesaler.name)
  const { job, report, error } = await runJob<WorkReport & { readonly result: R }>(
    {
      job: jobOptions(name, wholesalers, config),
      kind: 'images',
      signal,
      exitCodeOf: exitCodeOfEnd,
      work: async (context) => {
        const { result, partial } = await work(context)
        return { result, partial, timeLimit: false, counts: noCounts, errorMessages: [] }
      },
    },
    workshop,
  )
  if (error !== null) throw error
  if (report === null || job.status === 'scheduled') throw new Error(`job ${job.id} was put back by a foreground run`)
  return { jobId: job.id, result: report.result, exitCode: job.exitCode }
}

/** A job has the options of an import; of these only names and hosts mean anything here. */
function jobOptions(name: string, wholesalers: readonly string[], { network }: Config): JobOptions {
  return {
    wholesalers,
    source: name,
    stdinSha256: null,
    as: null,
    configPath: null,
    preset: null,
    format: null,
    batches: null,
    perBatch: 1,
    images: true,
    updateExisting: false,
    lenient: false,
    verify: false,
    remap: false,
    checksum: false,
    refreshImages: false,
    retryImages: false,
    maxDurationMs: null,
    maxDelete: null,
    allowShrink: false,
    allowPrivateHosts: network.allowPrivate,
    priority: 5,
  }
}
