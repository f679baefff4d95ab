/** All goals, in the order in which they are shown. */

import { diskErrorsGoal } from './disk/errors-goal.js'
import type { Goal } from './goal.js'
import { killSyscallGoal } from './kill-syscall/kill-syscall-goal.js'
import { kill9Goal } from './kill9/kill9-goal.js'
import { pauseGoal } from './pause/pause-goal.js'
import { powerlossGoal } from './powerloss/powerloss-goal.js'
import { recoverGoal } from './recover/recover-goal.js'
import { storeGoal } from './store/store-goal.js'

export const goals: readonly Goal[] = [
  storeGoal,
  killSyscallGoal,
  diskErrorsGoal,
  kill9Goal,
  pauseGoal,
  recoverGoal,
  powerlossGoal,
].map((goal) => goal as unknown as Goal)
