/** What `worker` does between its flags and its answer. */
import type { Clock } from '../core/clock.js'
import { WholesalerError } from '../core/errors.js'
import { dropStdinCopies } from '../core/feed/stdin-copy.js'
import { findStuck } from '../core/jobs/find-stuck.js'
import type { Job } from '../core/jobs/job.js'
import { restartFound } from '../core/jobs/recover-jobs.js'
import { type WorkedOff, type WorkPlan, workOff } from '../core/jobs/work-off.js'
import { registerWorker } from '../core/jobs/worker-registry.js'
import { type DocumentHead, type WorkerDocument, workerDocument } from './documents.js'
import { exitCodeOfError, exitDone, exitPartial, exitTimeLimit } from './exit-code.js'
import { ignoreHangup, listenForInterruption } from './interruption.js'
import { openWorkerDisplay, type WorkerDisplay } from './progress/worker-display.js'
import { portsOf } from './run-recover-command.js'
import { runStored } from './run-stored.js'
import { type JobDesk, openJobDesk } from './wiring.js'

export interface WorkerFlags {
  readonly json: boolean
  readonly ndjson: boolean
  readonly once: boolean
  readonly concurrency: number
  readonly job?: number | undefined
}

export interface WorkerCommand {
  readonly stateDir: string
  readonly flags: WorkerFlags
  readonly clock: Clock
  readonly answer: (document: object, text: () => string) => void
  readonly endWith: (exitCode: number) => void
  readonly failWith: (error: unknown, document: DocumentHead) => never
}

/** Works off scheduled jobs. Throws `interrupted` after a signal, `lease_lost`, and what the disk refuses. */
export async function runWorkerCommand(command: WorkerCommand): Promise<void> {
  const { stateDir, flags, clock } = command
  const display = await openWorkerDisplay({ tty: process.stderr.isTTY === true, ndjson: flags.ndjson }, clock)
  ignoreHangup()
  const interruption = listenForInterruption((message) => display.warn(message))
  const desk = await openJobDesk(stateDir, (message) => display.warn(message))
  const ended: Job[] = []
  let stopped: unknown = null
  try {
    await work({ flags, desk, display, signal: interruption.signal, onEnded: ({ job }) => ended.push(job) })
    if (interruption.signal.aborted) stopped = interruption.signal.reason
  } catch (error: unknown) {
    stopped = error
  } finally {
    interruption.dispose()
    await desk.close()
    display.close()
  }
  tell(command, display, ended, stopped)
}

interface Work {
  readonly flags: WorkerFlags
  readonly desk: JobDesk
  readonly display: WorkerDisplay
  readonly signal: AbortSignal
  readonly onEnded: (ended: WorkedOff) => void
}

async function work({ flags, desk, display, signal, onEnded }: Work): Promise<void> {
  const { jobs, stateDir, clock } = desk
  const own = flags.job ?? null
  await dropStdinCopies(stateDir, (await jobs.read()).values(), clock.now())
  const registration = await registerWorker({ dir: stateDir, clock, job: own })
  const monitor = stuckMonitor(desk, display)
  const plan: Omit<WorkPlan, 'isDone'> = {
    run: (id, stop) => runStored(id, { display, signal: stop }, desk),
    concurrency: flags.concurrency,
    signal,
    onEnded,
    onLook: monitor,
  }
  try {
    if (own !== null) {
      // It was started for this job, which may have to wait: for its turn, or after an error.
      const isDone: WorkPlan['isDone'] = (table) => table.get(own)?.status !== 'scheduled'
      await workOff({ ...plan, choice: { takes: ({ id }) => id === own }, isDone }, desk)
      await registration.takeAny()
    }
    if (!signal.aborted) await workOff({ ...plan, isDone: () => flags.once }, desk)
  } finally {
    await registration.stop()
  }
}

/** Milliseconds; as often as `recover --detach` from cron. */
const monitorEveryMs = 60_000

/** A worker is a stuck monitor as well: what it finds is scheduled again, and taken by it or another one. */
function stuckMonitor(desk: JobDesk, display: WorkerDisplay): () => Promise<void> {
  const ports = portsOf(desk, display)
  let nextAt = Number.NEGATIVE_INFINITY
  return async () => {
    const now = desk.clock.monotonic()
    if (now < nextAt) return
    nextAt = now + monitorEveryMs
    await restartFound(await findStuck(ports), ports)
  }
}

function tell(command: WorkerCommand, display: WorkerDisplay, jobs: readonly Job[], stopped: unknown): void {
  const nowMs = command.clock.now()
  if (stopped !== null) {
    if (!(stopped instanceof WholesalerError)) throw stopped
    const exitCode = exitCodeOfError(stopped)
    command.failWith(stopped, workerDocument({ exitCode, jobs, nowMs, error: stopped }))
  }
  const exitCode = jobs.every(endedWell) ? exitDone : exitPartial
  const document = workerDocument({ exitCode, jobs, nowMs })
  command.endWith(exitCode)
  if (display.summary !== null) display.summary(document)
  else command.answer(document, () => workerText(document))
}

function endedWell(job: Job): boolean {
  return job.status === 'completed' && (job.exitCode === exitDone || job.exitCode === exitTimeLimit)
}

/** Each job has had its line already. */
function workerText({ message }: WorkerDocument): string {
  return `${message}.\n`
}
