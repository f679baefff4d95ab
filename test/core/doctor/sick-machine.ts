import type { Machine } from '../../../src/core/doctor/machine.js'
import { fixedClock } from '../../support/fixed-clock.js'

/** A machine that is well, but for what a test says. */
export function machine(ills: Partial<Machine> = {}): Machine {
  return {
    platform: 'linux',
    nodeVersion: '22.1.0',
    uid: process.getuid?.() ?? null,
    clock: fixedClock(),
    fileSystem: async () => ({ type: 0xef53, freeBytes: 50 * 1024 ** 3 }),
    crontab: async () => '* * * * * cd /srv/shop && wholesaler recover --detach\n',
    isCronRunning: async () => true,
    ...ills,
  }
}
