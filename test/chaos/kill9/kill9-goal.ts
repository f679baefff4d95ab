/** An import that is killed, again and again, wherever it is: in the end the shop is as if nothing had happened. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Breach, defineGoal, everyRound } from '../goal.js'
import { type KillLane, openKillLane } from './kill-lane.js'
import { killPlan, places } from './kill-plan.js'
import { killRound, type RoundResult } from './kill-round.js'

/** Runs in which every named place has its turn several times: only then one that was never met is a fault. */
const runsForAllPlaces = places.length * 4

export const kill9Goal = defineGoal({
  name: 'kill9',
  promise: 'an import that is killed anywhere and then finished leaves the catalog of an undisturbed one',
  flags: { runs: 200, first: 0, products: 10_000, images: 2_000, parallel: 2 },
  async run(flags, { random, say }) {
    const { products, images, runs } = flags
    const dir = await mkdtemp(join(tmpdir(), 'wholesaler-kill9-'))
    const lanes: KillLane[] = []
    try {
      for (let lane = 0; lane < Math.min(flags.parallel, runs); lane += 1)
        lanes.push(await openKillLane(join(dir, `lane-${lane}`), { products, images }))
      const results: RoundResult[] = []
      const free = [...lanes]
      const broken = await everyRound(flags, async (run) => {
        const lane = free.pop()
        if (lane === undefined) throw new Error('more rounds at once than lanes')
        try {
          const result = await killRound(lane, killPlan(run, random(run), lane.left), run)
          results.push(result)
          if (results.length % 10 === 0) say(`${results.length} of ${runs} runs`)
          return result.faults
        } finally {
          free.push(lane)
        }
      })
      const met = results.flatMap((result) => result.met)
      return { figures: figuresOf(results, runs, lanes[0]), broken: [...broken, ...neverMet(met, runs)] }
    } finally {
      for (const lane of lanes) await lane.close()
      await rm(dir, { recursive: true, force: true })
    }
  },
})

function figuresOf(results: readonly RoundResult[], runs: number, lane: KillLane | undefined) {
  const met = results.flatMap((result) => result.met)
  const whole = results.filter(({ faults }) => faults.length === 0).length
  const seen = new Set(met)
  seen.delete('any time')
  return {
    'identical catalogs': `${whole} of ${runs}`,
    products: lane?.undisturbed.products ?? 0,
    variants: lane?.undisturbed.variants ?? 0,
    'images / links': `${lane?.undisturbed.images ?? 0} / ${lane?.undisturbed.imageLinks ?? 0}`,
    kills: met.length,
    'kills at any time': met.filter((place) => place === 'any time').length,
    'named places met': `${seen.size} of ${places.length}`,
    'images fetched again, most for one kill': Math.max(0, ...results.map(perKill)).toFixed(1),
    'products written again, most in a run': Math.max(0, ...results.map(({ appliedAgain }) => appliedAgain)),
  }
}

function perKill({ fetchedAgain, met }: RoundResult): number {
  return met.length === 0 ? fetchedAgain : fetchedAgain / met.length
}

function neverMet(met: readonly string[], runs: number): Breach[] {
  if (runs < runsForAllPlaces) return []
  const missed = places.filter((point) => !met.includes(point))
  return missed.map((point) => ({ what: `no process was killed at ${point}`, run: null }))
}
