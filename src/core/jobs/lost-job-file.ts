/** A job file that is gone with its backup must not look like a folder in which nothing ever ran. */
import { existsSync } from 'node:fs'
import { heartbeatDir } from './heartbeat.js'

/**
 * What to tell when there is neither a job file nor a backup; null where none is to be expected. The folder of
 * heartbeats is made by the first job that starts, which is written down before.
 */
export function lostJobFile(stateDir: string): string | null {
  if (!existsSync(heartbeatDir(stateDir))) return null
  return 'jobs.json and its backup are gone, though jobs ran here: they are not known any more. Ledger and shop are as they were; the list begins anew.'
}
