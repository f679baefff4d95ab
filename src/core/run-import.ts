/**
 * An import as a job: claimed, worked off under its lease, ended with its exit code. The one way for all:
 * `import` in the foreground, a worker and `recover` differ in who made the job and in what becomes of it
 * when it is stopped.
 */
import { WholesalerError } from './errors.js'
import { type ImportReport, importFeeds } from './import-feed.js'
import type { ImportPorts } from './import-ports.js'
import type { JobPorts } from './jobs/claim-job.js'
import type { FinishedJob, JobCounts, JobOptions, ScheduledJob, StuckJob } from './jobs/job.js'
import { quickLook } from './jobs/quick-look.js'
import { type JobRun, runJob } from './jobs/run-job.js'
import { tidyState } from './jobs/tidy-state.js'
import type { Ledger } from './ledger/ledger.js'
import type { ExpectedFeed } from './plan-import.js'
import type { Progress } from './progress.js'
import { openRejectsFile, rejectsPath } from './rejects-file.js'
import { leasedStore } from './store/leased-store.js'
import type { Wholesaler } from './wholesaler.js'

/** What one job is worked off with. */
export interface Worksite extends Pick<ImportPorts, 'ledger' | 'store' | 'http' | 'openMapped' | 'importImages'> {
  readonly wholesalers: readonly Wholesaler[]
  /** Called when the job has ended. */
  close(): Promise<void>
}

export interface ImportJobRun extends Pick<JobRun<ImportReport>, 'job' | 'signal' | 'exitCodeOf' | 'role'> {
  readonly ignoreNotBefore?: boolean
  /** Makes ready what the job needs, once the job is ours: what it throws ends the job. */
  readonly open: (options: JobOptions) => Promise<Worksite>
  /** By wholesaler, what its feed is to be. */
  readonly expected?: ReadonlyMap<string, ExpectedFeed>
  /** Told how far the job is, often. */
  readonly onCounts?: (counts: JobCounts) => void
}

export interface EndedImport {
  /** `scheduled` only when a worker put it back. */
  readonly job: FinishedJob | ScheduledJob
  /** Null when the run was stopped by `error`. */
  readonly report: ImportReport | null
  readonly error: WholesalerError | null
  /** Where what was rejected is kept; null when nothing was. */
  readonly rejectsFile: string | null
}

export interface FinishedImport extends EndedImport {
  readonly job: FinishedJob
}

export type ImportJobPorts = JobPorts & { readonly progress: Progress }

/**
 * Works one job off. What stops it is in the result, with its job. Throws what `runJob` throws: when the
 * job did not become ours, and when its end could not be recorded.
 */
export async function runImportJob(run: ImportJobRun, ports: ImportJobPorts): Promise<EndedImport> {
  const { progress, stateDir, clock } = ports
  let rejectsFile: string | null = null
  const ended = await runJob<ImportReport>(
    {
      ...run,
      onStart: (job) => progress.emit({ type: 'job', job }),
      work: async ({ job, writer, signal, onCounts, noteProgress, assertLease }) => {
        const rejects = openRejectsFile(rejectsPath(stateDir, job.id))
        const told = (counts: JobCounts) => {
          // With the counts, so that what a dead process counted is in the file as well.
          rejects.flush()
          onCounts(counts)
          run.onCounts?.(counts)
        }
        try {
          const { options, counts: earlier } = job
          const site = await run.open(options)
          try {
            const { wholesalers } = site
            const store = leasedStore(site.store, assertLease)
            return await importFeeds(
              { ...expecting(run), wholesalers, options, writer, signal, earlier, onCounts: told },
              { ...site, store, stateDir, clock, rejects, progress: noting(progress, noteProgress) },
            )
          } finally {
            await site.close()
          }
        } finally {
          rejects.close()
          rejectsFile = rejects.path
        }
      },
    },
    ports,
  )
  progress.emit({ type: 'job', job: ended.job })
  // The job has ended, whatever becomes of rubbish that older ones left.
  await tidyState(ports).catch(() => 0)
  return { ...ended, rejectsFile }
}

export interface ImportRequest {
  readonly wholesalers: readonly Wholesaler[]
  readonly options: JobOptions
}

export type RunImportPorts = Omit<ImportPorts, 'rejects'> & Omit<JobPorts, 'ledger'>

/**
 * Runs an import in the foreground, as a job of its own. What stops it is in the result. Throws when no job
 * was made (`busy`, `usage`) or when its end could not be recorded (`lease_lost`, `locked`, `disk_full`).
 */
export async function runImport(
  { wholesalers, options }: ImportRequest,
  ports: RunImportPorts,
  run: Pick<ImportJobRun, 'signal' | 'exitCodeOf' | 'expected'>,
): Promise<FinishedImport> {
  const { ledger, progress } = ports
  await checkOrigins(wholesalers, ledger)
  tellStuck(await quickLook(ports), progress)
  const open = async (): Promise<Worksite> => ({ ...ports, wholesalers, close: async () => {} })
  const { job, ...ended } = await runImportJob({ ...run, job: options, open }, ports)
  // Only a worker puts a job back.
  if (job.status === 'scheduled') throw new Error(`job ${job.id} was put back by a foreground run`)
  return { ...ended, job }
}

function expecting({ expected }: ImportJobRun): Pick<ImportJobRun, 'expected'> {
  return expected === undefined ? {} : { expected }
}

/** Says which jobs the quick look found to be stuck, and what finishes them. */
export function tellStuck(stuck: readonly StuckJob[], progress: Progress): void {
  for (const { id, evidence } of stuck) {
    progress.emit({
      type: 'warning',
      message: `Job ${id} did not end: ${evidence}. Its finished batches are kept.`,
      hint: `To finish it: wholesaler recover ${id}`,
    })
  }
}

/**
 * The same ad-hoc name from another place is another wholesaler, unless somebody says that it is not: throws
 * `usage`. To be asked before a job is made.
 */
export async function checkOrigins(
  wholesalers: readonly Wholesaler[],
  ledger: Pick<Ledger, 'wholesaler'>,
): Promise<void> {
  for (const { name, origin } of wholesalers) {
    const known = await ledger.wholesaler(name)
    if (origin === null || known === null || known.origin === null || known.origin === origin) continue
    throw new WholesalerError({
      kind: 'usage',
      message: `"${name}" was imported from ${known.origin} before, and this feed is from ${origin}`,
      hint: `If it is the same wholesaler, say so: --as ${name}. If it is another one, name it: --as OTHER.`,
    })
  }
}

/** Every step that moves on is a sign of life of the job. */
function noting(progress: Progress, noteProgress: () => void): Progress {
  return {
    emit(event) {
      noteProgress()
      progress.emit(event)
    },
  }
}
