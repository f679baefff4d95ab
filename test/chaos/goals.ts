/** All goals, in the order in which they are shown. */
import type { Goal } from './goal.js'
import { killSyscallGoal } from './kill-syscall/kill-syscall-goal.js'
import { storeGoal } from './store/store-goal.js'

export const goals: readonly Goal[] = [storeGoal, killSyscallGoal].map((goal) => goal as unknown as Goal)
