/**
 * Ending a process that has lost its job but may still live, so that it cannot disturb whoever goes on with
 * the job. Its identity is checked again before each signal: a pid alone may be anybody's.
 */
import type { Clock } from '../clock.js'
import { hasCode } from '../errors.js'
import type { Owner } from './job.js'
import { judgeOwner, type OwnerJudge, thisProcess } from './owner.js'

/** Milliseconds that a process has to end by itself. */
export const termGraceMs = 5_000
/** Milliseconds; nothing survives SIGKILL but a process that waits for a dead disk. */
const killGraceMs = 5_000
const lookEveryMs = 50

export interface EndOwnerPorts {
  readonly clock: Clock
  readonly judge?: OwnerJudge | undefined
  /** Default: `process.kill`. */
  readonly kill?: (pid: number, signal: NodeJS.Signals) => void
}

/** `gone`: certainly. `unknown`: of another host or container, or not to be ended by this user. */
export type EndedOwner = 'gone' | 'unknown'

/** SIGTERM, five seconds, SIGKILL. Never ends this process, and never one whose identity is not certain. */
export async function endOwner(owner: Owner, ports: EndOwnerPorts): Promise<EndedOwner> {
  const { judge = (other) => judgeOwner(other) } = ports
  for (const [signal, graceMs] of [
    ['SIGTERM', termGraceMs],
    ['SIGKILL', killGraceMs],
  ] as const) {
    const verdict = judge(owner)
    if (verdict === 'dead') return 'gone'
    if (verdict === 'unknown' || owner.nonce === thisProcess().nonce) return 'unknown'
    if (!send(owner.pid, signal, ports)) return 'unknown'
    if (await isGoneWithin(graceMs, owner, judge, ports.clock)) return 'gone'
  }
  return 'unknown'
}

function send(pid: number, signal: NodeJS.Signals, { kill = process.kill }: EndOwnerPorts): boolean {
  try {
    kill(pid, signal)
    return true
  } catch (error: unknown) {
    // Gone in this very moment is seen by the next look.
    if (hasCode(error, 'ESRCH')) return true
    if (hasCode(error, 'EPERM')) return false
    throw error
  }
}

async function isGoneWithin(ms: number, owner: Owner, judge: OwnerJudge, clock: Clock): Promise<boolean> {
  const until = clock.monotonic() + ms
  for (;;) {
    if (judge(owner) === 'dead') return true
    if (clock.monotonic() >= until) return false
    await clock.sleep(lookEveryMs)
  }
}
