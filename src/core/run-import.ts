/** An import as a job of this process: claimed, worked off under its lease, ended with its exit code. */
import { join } from 'node:path'
import { WholesalerError } from './errors.js'
import { type ImportReport, importFeeds } from './import-feed.js'
import type { ImportPorts } from './import-ports.js'
import type { FinishedJob, JobOptions, RunningJob } from './jobs/job.js'
import type { JobStore } from './jobs/job-store.js'
import { quickLook } from './jobs/quick-look.js'
import { runJob, type WorkReport } from './jobs/run-job.js'
import type { Ledger } from './ledger/ledger.js'
import type { Progress } from './progress.js'
import { openRejectsFile } from './rejects-file.js'
import type { Wholesaler } from './wholesaler.js'

export interface ImportRequest {
  readonly wholesalers: readonly Wholesaler[]
  readonly options: JobOptions
}

export type RunImportPorts = Omit<ImportPorts, 'rejects'> & { readonly jobs: JobStore }

export interface FinishedImport {
  readonly job: FinishedJob
  /** Null when the run was stopped by `error`. */
  readonly report: ImportReport | null
  readonly error: WholesalerError | null
  /** Where what was rejected is kept; null when nothing was. */
  readonly rejectsFile: string | null
}

/**
 * Runs an import in the foreground. What stops it is in the result, with its job. Throws when no job was
 * made (`busy`, `usage`) or when its end could not be recorded (`lease_lost`, `locked`, `disk_full`).
 */
export async function runImport(
  { wholesalers, options }: ImportRequest,
  ports: RunImportPorts,
  {
    signal,
    exitCodeOf,
  }: { readonly signal: AbortSignal; readonly exitCodeOf: (end: WorkReport | WholesalerError) => number },
): Promise<FinishedImport> {
  const { ledger, stateDir, progress } = ports
  for (const wholesaler of wholesalers) await checkOrigin(wholesaler, ledger)
  for (const stuck of await quickLook(ports)) {
    progress.emit({
      type: 'warning',
      message: `Job ${stuck.id} did not end: ${stuck.evidence}. Its finished batches are kept.`,
      hint: 'What it left is pending, and is imported now or by the next import of its wholesalers.',
    })
  }

  let rejectsFile: string | null = null
  const ended = await runJob<ImportReport>(
    {
      job: options,
      signal,
      exitCodeOf,
      onStart: (job) => tellJob(job, progress),
      work: async ({ job, writer, signal: stop, onCounts, noteProgress }) => {
        const rejects = openRejectsFile(join(stateDir, 'rejects', `${job.id}.csv`))
        try {
          const run = { wholesalers, options, writer, signal: stop, onCounts }
          return await importFeeds(run, { ...ports, rejects, progress: noting(progress, noteProgress) })
        } finally {
          rejects.close()
          rejectsFile = rejects.path
        }
      },
    },
    ports,
  )
  const { job, report, error } = ended
  // Only a worker puts a job back.
  if (job.status === 'scheduled') throw new Error(`job ${job.id} was put back by a foreground run`)
  progress.emit({ type: 'job', job })
  return { job, report, error, rejectsFile }
}

/** The same ad-hoc name from another place is another wholesaler, unless somebody says that it is not. */
async function checkOrigin({ name, origin }: Wholesaler, ledger: Ledger): Promise<void> {
  const known = await ledger.wholesaler(name)
  if (origin === null || known === null || known.origin === null || known.origin === origin) return
  throw new WholesalerError({
    kind: 'usage',
    message: `"${name}" was imported from ${known.origin} before, and this feed is from ${origin}`,
    hint: `If it is the same wholesaler, say so: --as ${name}. If it is another one, name it: --as OTHER.`,
  })
}

function tellJob(job: RunningJob, progress: Progress): void {
  progress.emit({ type: 'job', job })
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
