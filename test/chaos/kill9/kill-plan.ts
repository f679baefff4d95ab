/** Where an import is killed: decided by chance, spread so that every named place has its turn. */
import { type Failpoint, failpoints } from '../../../src/core/failpoint.js'
import type { Random } from '../random.js'

/** Every named place that an import without a missing policy passes; `test/commands/missing.test.ts` has the other. */
export const places = failpoints.filter((point) => point !== 'missing-retired')

/** How far the import has got before the first kill: states that were prepared once and are copied. */
export const stages = ['nothing', 'half', 'nearly', 'products', 'images'] as const
export type Stage = (typeof stages)[number]

export type Kill =
  | { readonly kind: 'point'; readonly point: Failpoint; readonly nth: number }
  /** A share of the time that the stage takes when nobody disturbs it. */
  | { readonly kind: 'time'; readonly share: number }

export interface KillPlan {
  readonly stage: Stage
  /** One for each process that dies; the last process is left alone. */
  readonly kills: readonly Kill[]
}

/** What is left to do at a stage, for places that are passed many times. */
export type Left = Readonly<
  Record<Stage, { readonly batches: number; readonly products: number; readonly images: number }>
>

/** Of every so many runs one starts from nothing, as long as it takes; two kill at any moment instead of at a place. */
const timedShare = 0.35

/** Stages whose work passes a place, and how often. */
function passings(point: Failpoint, left: Left): readonly (readonly [Stage, number])[] {
  const count = (of: 'batches' | 'products' | 'images') =>
    stages.map((stage) => [stage, left[stage][of]] as const).filter(([, times]) => times > 0)
  if (point === 'feed-staged') return [['nothing', 1]]
  if (point.startsWith('batch-')) return count('batches')
  if (point === 'apply-product' || point === 'product-written') return count('products')
  if (point.startsWith('image')) return count('images')
  return stages.map((stage) => [stage, 1] as const)
}

/** The plan of a run: places take turns, whatever the chance; what else happens is left to it. */
export function killPlan(run: number, random: Random, left: Left): KillPlan {
  const first = planPoint(places[run % places.length] ?? 'heartbeat', random, left)
  const isTimed = random.fraction() < timedShare
  const stage = isTimed ? random.pick(stages) : first.stage
  const kills: Kill[] = [isTimed ? anyTime(random) : first.kill]
  // A process that takes over may die as well.
  while (random.fraction() < 0.35 && kills.length < 4) kills.push(anyTime(random))
  return { stage, kills }
}

function planPoint(point: Failpoint, random: Random, left: Left): { readonly stage: Stage; readonly kill: Kill } {
  const [stage, times] = random.pick(passings(point, left))
  return { stage, kill: { kind: 'point', point, nth: random.integer(1, times) } }
}

function anyTime(random: Random): Kill {
  return { kind: 'time', share: random.fraction() }
}

export function nameOf(kill: Kill): string {
  return kill.kind === 'point' ? `${kill.point}:${kill.nth}` : `after ${Math.round(kill.share * 100)} %`
}
