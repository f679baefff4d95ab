/** A change of the job file, killed at each of its system calls in turn: the old file or the new one. */
import { callGroupsOf, disturbEach, nameOf, pointsOf } from '../each-call.js'
import { needTool } from '../fault-tools.js'
import { type Breach, defineGoal, everyRound } from '../goal.js'

export const killSyscallGoal = defineGoal({
  name: 'kill-syscall',
  promise: 'a change of the job file that is killed at any system call leaves the old file or the new one',
  flags: { calls: 'open,write,fsync,link,rename,unlink,close', parallel: 2 },
  async run({ calls, parallel }, { say }) {
    needTool('strace')
    const points = pointsOf(callGroupsOf(calls), ['first', 'later'])
    let kills = 0
    const broken = await everyRound({ runs: points.length, first: 0, parallel }, async (index) => {
      const point = points[index]
      if (point === undefined) return []
      const { met, faults } = await disturbEach(point, { fault: 'signal=KILL', judge: () => [] })
      kills += met
      say(`${nameOf(point)}: killed at ${met} calls`)
      return faults
    })
    if (kills === 0) broken.push({ what: 'no system call was met: the harness is blind', run: null })
    return {
      figures: { 'killed at': `${kills} system calls`, 'old or new': `${kills - broken.length} of ${kills}` },
      // The points name themselves: a replay is the same goal again.
      broken: broken.map(({ what }): Breach => ({ what, run: null })),
    }
  },
})
