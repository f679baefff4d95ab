/** What `recover` does between its flags and its answer. */
import type { Clock } from '../core/clock.js'
import { WholesalerError } from '../core/errors.js'
import { isFinished } from '../core/jobs/job.js'
import type { JobStore } from '../core/jobs/job-store.js'
import { killStoppedHolder } from '../core/jobs/kill-holder.js'
import { launchWorker } from '../core/jobs/launch-worker.js'
import { watchHeartbeats } from '../core/jobs/observe-heartbeat.js'
import { previewRecovery, type RecoveredJob, type RecoverPorts, recoverJobs } from '../core/jobs/recover-jobs.js'
import { type DocumentHead, type ErrorLike, recoverDocument } from './documents.js'
import {
  exitCodeOf,
  exitCodeOfError,
  exitDone,
  exitInterrupted,
  exitPartial,
  exitStuck,
  isSuccess,
} from './exit-code.js'
import { listenForInterruption } from './interruption.js'
import { openWorkerDisplay, type WorkerDisplay } from './progress/worker-display.js'
import { recoverText } from './recover-text.js'
import { runStored } from './run-stored.js'
import { spawnWorker } from './spawn-worker.js'
import { jobFailure, selectJob } from './state.js'
import { type JobDesk, jobLockPath, openJobDesk, openJobs } from './wiring.js'

export interface RecoverFlags {
  readonly json: boolean
  readonly ndjson: boolean
  readonly detach: boolean
  readonly 'dry-run': boolean
  readonly 'older-than'?: number | undefined
  readonly wait: boolean
  readonly 'kill-holder': boolean
}

export interface RecoverCommand {
  readonly stateDir: string
  readonly job: number | null
  readonly flags: RecoverFlags
  readonly clock: Clock
  readonly answer: (document: object, text: () => string) => void
  readonly endWith: (exitCode: number) => void
  readonly failWith: (error: unknown, document: DocumentHead) => never
}

/** Milliseconds that the lock of the job file may be taken before its holder is looked at. */
const holderWaitMs = 2_000

export async function runRecoverCommand(command: RecoverCommand): Promise<void> {
  const { stateDir, flags, clock } = command
  const display = await openWorkerDisplay({ tty: process.stderr.isTTY === true, ndjson: flags.ndjson }, clock)
  const interruption = listenForInterruption((message) => display.warn(message))
  const { signal } = interruption
  let recovered: readonly RecoveredJob[] = []
  let stopped: unknown = null
  try {
    if (flags['kill-holder']) await freeLock(stateDir, display)
    recovered = await (flags['dry-run'] ? lookOnly : recover)(command, display, signal)
    if (signal.aborted) stopped = signal.reason
  } catch (error: unknown) {
    stopped = error
  } finally {
    interruption.dispose()
    display.close()
  }
  tell(command, display, recovered, stopped)
}

async function recover(command: RecoverCommand, display: WorkerDisplay, signal: AbortSignal) {
  const desk = await openJobDesk(command.stateDir, (message) => display.warn(message))
  try {
    await refuseUnknown(command, desk.jobs)
    return await recoverJobs(requestOf(command, desk, signal), portsOf(desk, display))
  } finally {
    await desk.close()
  }
}

/** Opens no database and makes nothing, so that it works on a read-only disk, and where nothing was ever imported. */
async function lookOnly(command: RecoverCommand, display: WorkerDisplay, signal: AbortSignal) {
  const { stateDir, clock, job, flags } = command
  const jobs = await openJobs(stateDir, (message) => display.warn(message))
  await refuseUnknown(command, jobs)
  const request = { only: job, olderThanMs: flags['older-than'] ?? null, wait: flags.wait, launch: null, signal }
  const watch = watchHeartbeats({ dir: stateDir })
  return await previewRecovery(request, { jobs, stateDir, clock, watch, onNote: (message) => display.note(message) })
}

/** Throws for a job that there is not. */
async function refuseUnknown({ job }: RecoverCommand, jobs: Pick<JobStore, 'read'>): Promise<void> {
  if (job !== null) selectJob([...(await jobs.read()).values()], job)
}

function requestOf({ job, flags, stateDir }: RecoverCommand, desk: JobDesk, signal: AbortSignal) {
  const launch = async (id: number) => {
    const spawn = (jobId: number) => spawnWorker(stateDir, jobId)
    return (await launchWorker(id, { ...desk, spawn })).up
  }
  return {
    only: job,
    olderThanMs: flags['older-than'] ?? null,
    dryRun: false,
    wait: flags.wait,
    launch: flags.detach ? launch : null,
    apart: launch,
    signal,
  }
}

/** What recovery works with in this process. */
export function portsOf(desk: JobDesk, display: WorkerDisplay): RecoverPorts {
  return {
    ...desk,
    watch: watchHeartbeats({ dir: desk.stateDir }),
    exitCodes: { gaveUp: exitCodeOf('unexpected'), cancelled: exitInterrupted },
    run: (id, signal) => runStored(id, { display, signal, ignoreNotBefore: true }, desk),
    onNote: (message) => display.note(message),
  }
}

/** A holder of the lock that is stopped is ended; any other one is waited for, as always. */
async function freeLock(stateDir: string, display: WorkerDisplay): Promise<void> {
  const desk = await openJobDesk(stateDir, () => {}, { lockWaitMs: holderWaitMs })
  try {
    await desk.jobs.transaction(() => ({ put: [], result: undefined }))
  } catch (error: unknown) {
    if (!(error instanceof WholesalerError && error.kind === 'locked')) throw error
    const killed = killStoppedHolder(jobLockPath(stateDir))
    if (killed !== null) display.note(`Process ${killed.pid} was stopped and held the job file: it was ended.`)
  } finally {
    await desk.close()
  }
}

function tell(
  command: RecoverCommand,
  display: WorkerDisplay,
  recovered: readonly RecoveredJob[],
  stopped: unknown,
): void {
  const { flags, job } = command
  const report = { recovered, dryRun: flags['dry-run'], nowMs: command.clock.now() }
  if (stopped !== null) {
    if (!(stopped instanceof WholesalerError)) throw stopped
    command.failWith(stopped, recoverDocument({ ...report, exitCode: exitCodeOfError(stopped), error: stopped }))
  }
  const { exitCode, error } = endOf(recovered, { dryRun: report.dryRun, asked: job })
  const failure = error !== undefined && !isSuccess(exitCode) ? { error } : {}
  const document = recoverDocument({ ...report, exitCode, ...failure })
  command.endWith(exitCode)
  if (display.summary !== null) display.summary(document)
  else command.answer(document, () => recoverText(document))
}

interface End {
  readonly exitCode: number
  readonly error?: ErrorLike
}

/** Of the job that was asked for: its own exit code. Of several: whether all ended well. */
function endOf(
  recovered: readonly RecoveredJob[],
  asked: { readonly dryRun: boolean; readonly asked: number | null },
): End {
  if (asked.dryRun)
    return { exitCode: recovered.some(({ verdict }) => verdict.state === 'stuck') ? exitStuck : exitDone }
  const ends = recovered.map(endOfJob)
  const left = ends.find(({ left }) => left)
  if (left !== undefined) return left
  const [only] = ends
  if (asked.asked !== null && only !== undefined) return only
  return { exitCode: ends.every(({ exitCode }) => exitCode === exitDone) ? exitDone : exitPartial }
}

function endOfJob({ job, verdict, action, error }: RecoveredJob): End & { readonly left: boolean } {
  if (job.status === 'processing_stuck') {
    const message = `job ${job.id} is still stuck: ${job.evidence}`
    return { exitCode: exitCodeOf('unexpected'), error: { kind: 'unexpected', message }, left: true }
  }
  const left = false
  if (isFinished(job)) {
    const failure = job.status === 'failed' ? { error: error ?? jobFailure(job) } : {}
    return { exitCode: job.exitCode, ...failure, left }
  }
  if (error !== null) return { exitCode: exitCodeOfError(error), error, left }
  return { exitCode: verdict.state === 'stuck' && action === 'none' ? exitPartial : exitDone, left }
}
