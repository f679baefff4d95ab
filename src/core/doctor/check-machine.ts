/** Node, clock and cron. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Check, fail, ok, warn } from './check.js'
import type { Machine } from './machine.js'

/** As `engines` in package.json; a test holds the two together. */
export const nodeVersionMin = '20.19'
/** Before this program was written: no clock that is right says so. */
const year2025 = Date.UTC(2025, 0, 1)
/** Milliseconds between two looks at the monotonic clock. */
const tickMs = 20
/** Milliseconds. File systems keep times coarsely, and writers are a moment ahead of readers. */
const futureMaxMs = 60_000

export function checkNode({ nodeVersion }: Machine): Check {
  const id = 'node'
  return {
    id,
    async run() {
      const [major = 0, minor = 0] = nodeVersion.split('.').map(Number)
      const [majorMin = 0, minorMin = 0] = nodeVersionMin.split('.').map(Number)
      const isOld = major < majorMin || (major === majorMin && minor < minorMin)
      if (!isOld) return [ok(id, `Node ${nodeVersion}`)]
      const hint = `Install Node ${nodeVersionMin} or later.`
      return [fail(id, `Node ${nodeVersion} is older than ${nodeVersionMin}`, hint)]
    },
  }
}

/** Durations and leases need a monotonic clock; records, image time-outs and TLS a wall clock that is about right. */
export function checkClock({ clock }: Machine, stateDir: string): Check {
  const id = 'clock'
  return {
    id,
    async run() {
      const before = clock.monotonic()
      await clock.sleep(tickMs)
      if (clock.monotonic() <= before) {
        return [fail(id, 'the monotonic clock stands still', 'Leases cannot be kept here: mend the machine.')]
      }
      const now = clock.now()
      const hint = 'Switch time synchronisation on: timedatectl set-ntp true'
      if (now < year2025) return [fail(id, `the clock says ${new Date(now).toISOString()}`, hint)]
      // The job file is written at every change of a job.
      const written = await stat(join(stateDir, 'jobs.json')).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      )
      const aheadMs = written - now
      if (aheadMs <= futureMaxMs) return [ok(id, new Date(now).toISOString())]
      const message = `jobs.json was written ${Math.round(aheadMs / 1000)} s in the future: the clock was set back`
      return [warn(id, message, hint)]
    },
  }
}

/** A line that recovers stuck jobs, as in `examples/04-cron`. Lines that are commented out do not count. */
const recoverLine = /^\s*(?!#)(?=.*\bwholesaler\b).*\brecover\b/m

/** Nobody else finishes a job whose worker died at night. */
export function checkCron(machine: Machine): Check {
  const id = 'cron'
  const line = '* * * * * cd /path/to/shop && wholesaler recover --detach'
  return {
    id,
    async run() {
      const crontab = await machine.crontab()
      if (crontab === null) {
        return [warn(id, 'cron is not installed', `Install it, or run this each minute in another way: ${line}`)]
      }
      if (!recoverLine.test(crontab)) {
        const message = 'no line of your crontab recovers stuck jobs'
        return [warn(id, message, `Add one with crontab -e: ${line}`)]
      }
      if ((await machine.isCronRunning()) === false) {
        return [warn(id, 'your crontab recovers stuck jobs, but cron is not running', 'Start it: service cron start')]
      }
      return [ok(id, 'your crontab recovers stuck jobs')]
    },
  }
}
