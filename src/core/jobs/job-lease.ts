/** A job that is ours while this lives: signs of life go out, and whoever takes it from us is noticed. */
import { WholesalerError } from '../errors.js'
import type { JobPorts } from './claim-job.js'
import { type RunningHeartbeat, selfStopMs, startHeartbeat } from './heartbeat.js'
import type { JobCounts, RunningJob } from './job.js'
import { heldWith } from './job-transitions.js'

export class JobLease {
  readonly #job: RunningJob
  readonly #ports: JobPorts
  readonly #lost = new AbortController()
  #heartbeat: RunningHeartbeat | undefined
  #counts: JobCounts

  constructor(job: RunningJob, ports: JobPorts) {
    this.#job = job
    this.#ports = ports
    this.#counts = job.counts
  }

  /** Aborted when the lease is lost or the job is to be cancelled; the reason is a `WholesalerError`. */
  get lost(): AbortSignal {
    return this.#lost.signal
  }

  /** As last reported. */
  get counts(): JobCounts {
    return this.#counts
  }

  /** Gives the first sign of life and goes on by itself. Throws `lease_lost`, and what the disk refuses. */
  async begin(): Promise<void> {
    const { stateDir: dir, clock } = this.#ports
    this.#heartbeat = await startHeartbeat({
      dir,
      clock,
      jobId: this.#job.id,
      token: this.#job.lease.token,
      counts: () => this.#counts,
      confirm: () => this.#confirm(),
      onFailure: (error) => {
        if (isLoss(error) || this.#isOverdue()) this.#lost.abort(asLoss(error))
      },
    })
  }

  setCounts(counts: JobCounts): void {
    this.#counts = counts
  }

  noteProgress(): void {
    this.#heartbeat?.noteProgress()
  }

  /**
   * Resolves while the job is ours; asks the job file only when the last renewal is not recent, as after a
   * pause of the process. Throws `lease_lost` when it is not, or when that cannot be found out.
   */
  async assert(): Promise<void> {
    this.#lost.signal.throwIfAborted()
    const heartbeat = this.#heartbeat
    if (heartbeat === undefined) throw asLoss(new Error('the run is over'))
    if (!this.#isOverdue()) return
    try {
      await heartbeat.renew()
    } catch (error: unknown) {
      this.#lost.abort(asLoss(error))
      throw this.#lost.signal.reason
    }
  }

  /** No more signs of life. Safe to call twice, and when it never began. */
  async end(): Promise<void> {
    await this.#heartbeat?.stop()
    this.#heartbeat = undefined
  }

  #isOverdue(): boolean {
    const renewedAt = this.#heartbeat?.lastRenewalMonotonic() ?? Number.NEGATIVE_INFINITY
    return this.#ports.clock.monotonic() - renewedAt >= selfStopMs
  }

  async #confirm(): Promise<void> {
    const job = heldWith(this.#job.lease.token, (await this.#ports.jobs.read()).get(this.#job.id))
    if (job.cancelRequested) throw cancelled(job)
  }
}

/** What a run ends with whose job someone cancelled. */
export function cancelled({ id }: RunningJob): WholesalerError {
  return new WholesalerError({
    kind: 'interrupted',
    message: `job ${id} was cancelled; finished batches are kept`,
    hint: 'To go on after all, run the import again.',
  })
}

/** Says for certain that this run must not go on: taken over, or cancelled. */
function isLoss(error: unknown): error is WholesalerError {
  return error instanceof WholesalerError && (error.kind === 'lease_lost' || error.kind === 'interrupted')
}

/** A lease that cannot be renewed in time, for whatever reason, is as good as lost: others will take the job over. */
function asLoss(error: unknown): WholesalerError {
  if (isLoss(error)) return error
  return new WholesalerError({
    kind: 'lease_lost',
    message: 'The lease of the job could not be renewed in time, so nothing more was written',
    hint: 'See what kept it: the disk, the rights of the state folder. Then run the import again.',
    cause: error,
  })
}
