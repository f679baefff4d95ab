/** Ending a process that was stopped while it held the lock of the job file: it keeps everybody waiting. */
import type { EndOwnerPorts } from './end-owner.js'
import type { Owner } from './job.js'
import { readHolder } from './lock.js'
import { isStopped } from './owner.js'

export interface KillHolderPorts {
  readonly kill?: EndOwnerPorts['kill']
  /** Default: `isStopped`. */
  readonly stopped?: (owner: Owner) => boolean
}

/**
 * Kills the holder of the lock if it is certainly that process and certainly stopped; returns it, else null.
 * To be called only after the lock was found taken: the note of its holder outlives it.
 */
export function killStoppedHolder(lockPath: string, ports: KillHolderPorts = {}): Owner | null {
  const { kill = process.kill, stopped = (owner) => isStopped(owner) } = ports
  const holder = readHolder(lockPath)
  if (holder === null || !stopped(holder.owner)) return null
  kill(holder.owner.pid, 'SIGKILL')
  return holder.owner
}
