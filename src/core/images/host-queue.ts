/**
 * Downloads side by side, within limits for all and for each host. A host that fails time after time is not
 * asked any more in this run: ten thousand pictures of a dead server must not cost ten thousand timeouts.
 */
import pLimit, { type LimitFunction } from 'p-limit'
import { connectionsPerHostMax } from '../http/exchange.js'
import { type Fetched, imageProblem } from './image.js'

/** Downloads under way at once. Fetching pictures waits for the network, not for the processor. */
export const downloadsMax = 16
/** Of those, from one host. */
export const downloadsPerHostMax = connectionsPerHostMax
/**
 * Requests made ready beyond those, which leave the moment a connection is free: making one takes half a millisecond,
 * for which a server would otherwise wait after each of its answers.
 */
const readyPerHost = 4
/** Failures in a row after which a host counts as down. */
export const hostFailuresMax = 10

/** Failures that speak against the host rather than against one picture. */
const hostFailure = /^(?:connect|tls|timeout|too_slow|http_429|http_5\d\d)$/

export interface HostQueueLimits {
  readonly downloads?: number
  readonly perHost?: number
}

interface Host {
  readonly limit: LimitFunction
  /** Failures since the last success. */
  failures: number
}

export class HostQueue {
  readonly #all: LimitFunction
  readonly #perHost: number
  readonly #hosts = new Map<string, Host>()

  constructor({ downloads = downloadsMax, perHost = downloadsPerHostMax }: HostQueueLimits = {}) {
    this.#all = pLimit(downloads)
    // The connections of the HTTP client hold those back that are only ready.
    const begun = perHost < connectionsPerHostMax ? perHost : perHost + readyPerHost
    this.#perHost = Math.min(begun, downloads)
  }

  /** Runs a download when its turn comes; a host that is down is answered for without asking it. */
  async run(
    name: string,
    download: () => Promise<Fetched>,
  ): Promise<{ readonly asked: boolean; readonly result: Fetched }> {
    const host = this.#hosts.get(name) ?? { limit: pLimit(this.#perHost), failures: 0 }
    this.#hosts.set(name, host)
    try {
      // The host's turn first: who waits for a slow host must not hold a place that another could use.
      return await host.limit(() => this.#all(() => ask(host, name, download)))
    } finally {
      const isIdle = host.limit.activeCount + host.limit.pendingCount === 0
      if (isIdle && host.failures === 0) this.#hosts.delete(name)
    }
  }
}

async function ask(host: Host, name: string, download: () => Promise<Fetched>) {
  if (host.failures >= hostFailuresMax) {
    const reason = `${name} failed ${host.failures} times in a row; its other pictures wait for the next run`
    return { asked: false, result: imageProblem('connect', reason) }
  }
  const result = await download()
  host.failures = result.ok === false && hostFailure.test(result.code) ? host.failures + 1 : 0
  return { asked: true, result }
}
