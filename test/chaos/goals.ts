/** All goals, in the order in which they are shown. */

import { clockGoal } from './clock/clock-goal.js'
import { diskGoal } from './disk/disk-goal.js'
import { diskErrorsGoal } from './disk/errors-goal.js'
import type { Goal } from './goal.js'
import { killSyscallGoal } from './kill-syscall/kill-syscall-goal.js'
import { kill9Goal } from './kill9/kill9-goal.js'
import { modelGoal } from './model/model-goal.js'
import { pauseGoal } from './pause/pause-goal.js'
import { poisonGoal } from './poison/poison-goal.js'
import { powerlossGoal } from './powerloss/powerloss-goal.js'
import { recoverGoal } from './recover/recover-goal.js'
import { shopGoal } from './shop/shop-goal.js'
import { storeGoal } from './store/store-goal.js'

export const goals: readonly Goal[] = [
  storeGoal,
  killSyscallGoal,
  diskErrorsGoal,
  diskGoal,
  clockGoal,
  kill9Goal,
  shopGoal,
  pauseGoal,
  recoverGoal,
  powerlossGoal,
  poisonGoal,
  modelGoal,
].map((goal) => goal as unknown as Goal)
