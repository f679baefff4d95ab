/**
 * Who a process is, so that another one can say for certain whether it still lives. A pid alone says
 * nothing: it is reused, it means another process in a container, and nothing after a reboot.
 */
import { randomUUID } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { hasCode } from '../errors.js'
import type { Owner } from './job.js'

/** `unknown`: cannot be judged from here; only a heartbeat that stays away can. */
export type OwnerVerdict = 'alive' | 'dead' | 'unknown'
export type OwnerJudge = (owner: Owner) => OwnerVerdict

/** What the system says about a pid. Injected by tests. */
export interface ProcessTable {
  /** Text of `/proc/<pid>/stat`; null when there is no such entry. */
  stat(pid: number): string | null
  /** Whether the pid is in use at all, by whomever. Sends nothing. */
  exists(pid: number): boolean
}

let self: Owner | undefined

/** Identity of this process: the same object for its whole life. Outside Linux what only `/proc` knows is null. */
export function thisProcess(): Owner {
  self ??= {
    host: hostname(),
    bootId: readProc(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    pidNamespace: readProc(() => readlinkSync('/proc/self/ns/pid')),
    pid: process.pid,
    startTicks: readProc(() => parseStat(readFileSync('/proc/self/stat', 'utf8'))?.startTicks ?? null),
    nonce: randomUUID(),
  }
  return self
}

/**
 * Whether the owner of a lease lives, judged by this process. `dead` is said only for certain: after a
 * reboot of this host, or when its pid is gone or was given to another process. Another host or another
 * pid namespace (container) is never judged. Nothing is signalled.
 */
export function judgeOwner(owner: Owner, from: Owner = thisProcess(), processes: ProcessTable = system): OwnerVerdict {
  if (owner.host !== from.host) return 'unknown'
  if (owner.bootId === null || from.bootId === null) return judgeWithoutProc(owner, from, processes)
  if (owner.bootId !== from.bootId) return 'dead'
  if (owner.pidNamespace === null || owner.pidNamespace !== from.pidNamespace) return 'unknown'

  const stat = processes.stat(owner.pid)
  // Hidden from this user when /proc is mounted with hidepid: the pid is in use, but not to be seen.
  if (stat === null) return processes.exists(owner.pid) ? 'unknown' : 'dead'
  const seen = parseStat(stat)
  if (seen === null || owner.startTicks === null) return 'unknown'
  if (seen.startTicks !== owner.startTicks) return 'dead'
  return deadStates.includes(seen.state) ? 'dead' : 'alive'
}

/** True when the process certainly lives and is stopped (SIGSTOP, a debugger): it will not go on by itself. */
export function isStopped(owner: Owner, from: Owner = thisProcess(), processes: ProcessTable = system): boolean {
  if (judgeOwner(owner, from, processes) !== 'alive') return false
  const stat = processes.stat(owner.pid)
  return stat !== null && stoppedStates.includes(parseStat(stat)?.state ?? '')
}

/** No `/proc` on either side (macOS): a pid that is gone is certain, one that is there may be anybody's. */
function judgeWithoutProc(owner: Owner, from: Owner, processes: ProcessTable): OwnerVerdict {
  if (owner.bootId !== null || from.bootId !== null) return 'unknown'
  return processes.exists(owner.pid) ? 'unknown' : 'dead'
}

/** Zombie and dead, see proc_pid_stat(5): nothing of the process runs any more. */
const deadStates: readonly string[] = ['Z', 'X', 'x']
const stoppedStates: readonly string[] = ['T', 't']

/** Positions after the command name, proc_pid_stat(5): state is field 3, starttime field 22. */
const stateIndex = 0
const startTimeIndex = 19

/** The command name stands in parentheses and may itself hold spaces and parentheses. */
function parseStat(stat: string): { readonly state: string; readonly startTicks: string } | null {
  const fields = stat
    .slice(stat.lastIndexOf(')') + 1)
    .trim()
    .split(/\s+/)
  const state = fields[stateIndex]
  const startTicks = fields[startTimeIndex]
  return state === undefined || startTicks === undefined ? null : { state, startTicks }
}

const system: ProcessTable = {
  stat: (pid) => readProc(() => readFileSync(`/proc/${pid}/stat`, 'utf8')),
  exists: (pid) => {
    try {
      // Signal 0 only asks, kill(2).
      return process.kill(pid, 0)
    } catch (error: unknown) {
      return !hasCode(error, 'ESRCH')
    }
  },
}

/** Null when `/proc` has no such entry, or there is no `/proc`. ESRCH: the process went away while it was read. */
function readProc(read: () => string | null): string | null {
  try {
    return read()
  } catch (error: unknown) {
    if (hasCode(error, 'ENOENT', 'ESRCH', 'ENOTDIR', 'EACCES', 'EPERM')) return null
    throw error
  }
}

/** For messages: which process, and where when it is not here. */
export function describeOwner(owner: Owner, from: Owner = thisProcess()): string {
  return owner.host === from.host ? `process ${owner.pid}` : `process ${owner.pid} on ${owner.host}`
}
