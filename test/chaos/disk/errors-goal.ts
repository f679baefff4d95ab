/** A change of the job file that meets an error of the disk at each of its system calls in turn. */
import { callGroupsOf, disturbEach, nameOf, pointsOf } from '../each-call.js'
import { needTool } from '../fault-tools.js'
import { type Breach, defineGoal, everyRound } from '../goal.js'
import type { DisturbedChange } from '../one-transaction.js'

/** Calls that must not fail unnoticed: what follows them would not be durable. */
const durableCalls: readonly string[] = ['write', 'fsync', 'rename']

export const diskErrorsGoal = defineGoal({
  name: 'disk-errors',
  promise: 'a change of the job file that meets an error of the disk is refused, and the next one needs no help',
  flags: { errors: 'EIO,ENOSPC', calls: 'open,read,write,fsync,link,rename', parallel: 2 },
  async run({ errors, calls, parallel }, { say }) {
    needTool('strace')
    const rounds = errors
      .split(',')
      .flatMap((error) => pointsOf(callGroupsOf(calls), ['later']).map((point) => ({ error, point })))
    const counts = { met: 0, refused: 0 }
    const broken = await everyRound({ runs: rounds.length, first: 0, parallel }, async (index) => {
      const round = rounds[index]
      if (round === undefined) return []
      const { error, point } = round
      const isDurable = point.thread === 'pool' && durableCalls.includes(point.call)
      const judge = (change: DisturbedChange) => {
        if (change.refused !== null) counts.refused += 1
        return wrongEnd(change, isDurable)
      }
      const { met, faults } = await disturbEach(point, { fault: `error=${error}`, judge })
      counts.met += met
      say(`${error}, ${nameOf(point)}: met ${met} times`)
      return faults.map((fault) => `${error}: ${fault}`)
    })
    if (counts.refused === 0) broken.push({ what: 'no change was refused: the harness is blind', run: null })
    return {
      figures: { 'errors met': counts.met, 'changes refused': counts.refused },
      // The points name themselves: a replay is the same goal again.
      broken: broken.map(({ what }): Breach => ({ what, run: null })),
    }
  },
})

function wrongEnd({ acked, refused, met, end }: DisturbedChange, isDurable: boolean): string[] {
  const faults: string[] = []
  const failed = end.lines.find((line) => line.startsWith('failed '))
  if (failed !== undefined) faults.push(`an error that nobody expected: ${failed}`)
  if (met && acked && isDurable) faults.push('acknowledged although the disk had refused it')
  if (refused !== null && !/^refused (disk_full|unexpected|state_unreadable|locked) /.test(refused))
    faults.push(refused)
  return faults
}
