/** An import into a WooCommerce shop whose process is killed at any request or named place, and then recovered. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Failpoint } from '../../../src/core/failpoint.js'
import type { Finished } from '../../cli/run-cli.js'
import type { Fault } from '../../support/woocommerce/faults.js'
import { type Breach, defineGoal, everyRound } from '../goal.js'
import { places } from '../kill9/kill-plan.js'
import { contentOf, faultsOf, type ShopContent } from './shop-digest.js'
import { importWords, openShopLane, type ShopLane, type ShopRun } from './shop-lane.js'

/**
 * - `request`: as soon as the shop has the n-th request, which it works on all the same.
 * - `answer`: when the shop has done what the n-th request asks for, before anybody is told.
 */
export type ShopKill =
  | { readonly kind: 'request' | 'answer'; readonly nth: number }
  | { readonly kind: 'point'; readonly point: Failpoint; readonly nth: number }

/** Places inside the media folder of the catalog: an import into a shop never comes by. */
const catalogOnly: readonly Failpoint[] = ['image-saved', 'image-linked']

export const shopGoal = defineGoal({
  name: 'shop',
  promise: 'an import killed at any request to a shop, and recovered, leaves the shop of an undisturbed one',
  flags: { runs: 0, first: 0, products: 20, images: 12, parallel: 2 },
  async run(flags, { say }) {
    const dir = await mkdtemp(join(tmpdir(), 'wholesaler-shop-'))
    const lane = await openShopLane(dir, flags)
    try {
      const undisturbed = await importUndisturbed(lane)
      const plan = shopKills(undisturbed.requests)
      const runs = flags.runs === 0 ? plan.length : flags.runs
      let killed = 0
      const unmet: string[] = []
      const broken = await everyRound({ ...flags, runs }, async (run) => {
        // A number that shares no divisor with the plan's length spreads few runs over all of it.
        const kill = plan[(run * stride(plan.length)) % plan.length]
        if (kill === undefined) throw new Error(`no kill ${run}`)
        const result = await killRound(lane, kill, run, undisturbed.content)
        if (result.met) killed += 1
        // How many look-ups there are depends on how they fall together: the last of them may not come.
        else if (kill.kind === 'point') unmet.push(nameOf(kill))
        if (run % 10 === 9) say(`${run + 1} of ${runs} runs`)
        return result.faults.map((fault) => `killed at ${nameOf(kill)}: ${fault}`)
      })
      const missed = unmet.map((place): Breach => ({ what: `no process was killed at ${place}`, run: null }))
      const figures = {
        'products and variations': undisturbed.content.length,
        requests: undisturbed.requests,
        'places to be killed at': plan.length,
        kills: killed,
        'identical shops': `${runs - new Set(broken.map(({ run }) => run)).size} of ${runs}`,
      }
      return { figures, broken: [...broken, ...missed] }
    } finally {
      await lane.close()
      await rm(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
    }
  },
})

/** Both kills of each request, and each named place, at its first and its second passing where there are two. */
export function shopKills(requests: number): readonly ShopKill[] {
  const points = places.filter((point) => !catalogOnly.includes(point))
  return [
    ...Array.from({ length: requests }, (_, index): ShopKill[] => [
      { kind: 'request', nth: index + 1 },
      { kind: 'answer', nth: index + 1 },
    ]).flat(),
    ...points.map(
      (point): ShopKill => ({ kind: 'point', point, nth: /^(?:batch|image|apply|product)/.test(point) ? 2 : 1 }),
    ),
  ]
}

function stride(length: number): number {
  const divides = (one: number, other: number): boolean => (other === 0 ? one > 1 : divides(other, one % other))
  let step = Math.max(1, Math.round(length * 0.382))
  while (divides(step, length)) step += 1
  return step
}

async function importUndisturbed(lane: ShopLane): Promise<{ content: ShopContent; requests: number }> {
  const run = await lane.begin('undisturbed')
  try {
    const faults = [...wrongEnd('import', await run.start(importWords).finished), ...faultsOf(run.shop)]
    if (faults.length > 0) throw new Error(`an import that nobody disturbed: ${faults.join('; ')}`)
    return { content: contentOf(run.shop.state), requests: run.shop.requests.length }
  } finally {
    await run.end()
  }
}

async function killRound(lane: ShopLane, kill: ShopKill, number: number, undisturbed: ShopContent) {
  const run = await lane.begin(`run-${number}`)
  try {
    const met = (await importKilled(run, kill)).code === null
    const faults = wrongEnd('recover', await run.start(['recover', '--json']).finished)
    // What died before it had a job is nobody's to recover: the next night's import goes on.
    const before = run.shop.applied.length
    faults.push(...wrongEnd('the next import', await run.start(importWords).finished))
    const rest = run.shop.applied.length - before
    if (rest > 0 && kill.kind !== 'point') faults.push(`recovery left ${rest} writes to the next import`)
    faults.push(...faultsOf(run.shop), ...differences(contentOf(run.shop.state), undisturbed))
    return { met, faults }
  } finally {
    await run.end()
  }
}

async function importKilled({ shop, start }: ShopRun, kill: ShopKill): Promise<Finished> {
  if (kill.kind === 'point') {
    return await start(importWords, { WHOLESALER_FAILPOINT: `${kill.point}:${kill.nth}:kill` }).finished
  }
  const { child, finished } = start(importWords)
  const die = () => void child.kill('SIGKILL')
  const fault: Fault = kill.kind === 'answer' ? { kind: 'stall', onApplied: die } : { kind: 'late' }
  shop.script = ({ number }) => {
    if (number !== kill.nth) return null
    if (kill.kind === 'request') die()
    return fault
  }
  return await finished
}

function differences(found: ShopContent, undisturbed: ShopContent): string[] {
  const wanted = new Map(undisturbed)
  const wrong = found.filter(([sku, fields]) => wanted.get(sku) !== fields).map(([sku]) => sku)
  const there = new Set(found.map(([sku]) => sku))
  const lost = undisturbed.filter(([sku]) => !there.has(sku)).map(([sku]) => sku)
  return [
    ...(wrong.length === 0 ? [] : [`not as in an undisturbed import: ${wrong.slice(0, 5).join(', ')}`]),
    ...(lost.length === 0 ? [] : [`lost: ${lost.slice(0, 5).join(', ')}`]),
  ]
}

function wrongEnd(what: string, { code, stdout, stderr }: Finished): string[] {
  return code === 0 ? [] : [`${what} ended with ${code}: ${stdout.slice(0, 500)} ${stderr.slice(0, 500)}`]
}

function nameOf(kill: ShopKill): string {
  return kill.kind === 'point' ? `${kill.point}:${kill.nth}` : `${kill.kind} ${kill.nth}`
}
