/** What the system says of a process, and waiting until it says something else. */
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

const lookEveryMs = 20

/** The letter of proc_pid_stat(5), `T` for stopped; null when there is no such process. */
export async function stateOf(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)
  return stat === null ? null : (stat.slice(stat.lastIndexOf(')') + 2)[0] ?? null)
}

/** True when it is stopped within the time, false when it has ended or goes on. */
export async function isStoppedWithin(pid: number, ms: number): Promise<boolean> {
  for (const until = performance.now() + ms; performance.now() < until; await sleep(lookEveryMs)) {
    const state = await stateOf(pid)
    if (state === 'T') return true
    if (state === null || state === 'Z') return false
  }
  return false
}
