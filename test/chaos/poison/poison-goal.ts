/** A product that kills whoever imports it: it alone is put aside, and few workers die of it. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runCli } from '../../cli/run-cli.js'
import { csvFeed, skus } from '../../commands/workplace.js'
import { inTempDir } from '../../support/temp-dir.js'
import { defineGoal, everyRound } from '../goal.js'
import { catalogDigest } from '../kill9/catalog-digest.js'

/** The most workers that may die until the product is found and put aside. */
const deathsMax = 16
/** Recoveries that may themselves be killed by it before somebody must look. */
const recoveriesMax = 20
const exitPartial = 3

export const poisonGoal = defineGoal({
  name: 'poison',
  promise: 'one product that kills its workers is put aside after at most 16 deaths, and all others are imported',
  flags: { runs: 5, first: 0, products: 10_000 },
  async run(flags, { random, say }) {
    const deaths: number[] = []
    const broken = await everyRound(flags, async (run) => {
      const keys = skus(flags.products)
      const key = random(run).pick(keys)
      const { died, faults } = await inTempDir((dir) => importPoison(dir, keys, key))
      deaths.push(died)
      say(`run ${run}: ${key} killed ${died} workers`)
      return faults.map((fault) => `${key}: ${fault}`)
    })
    return { figures: { 'worker deaths': deaths.join(', '), 'most deaths': Math.max(0, ...deaths) }, broken }
  },
})

async function importPoison(dir: string, keys: readonly string[], key: string) {
  await writeFile(join(dir, 'feed.csv'), csvFeed(keys))
  const options = { cwd: dir, env: { WHOLESALER_FAILPOINT: `apply-product@${key}:1+:kill` } }
  const first = await runCli(['import', 'feed.csv', '--json'], options)
  const faults = first.code === null ? [] : [`the first worker ended with ${first.code} instead of dying`]
  let code: number | null = null
  for (let times = 0; code === null && times < recoveriesMax; times += 1)
    code = (await runCli(['recover', '1', '--json'], options)).code
  if (code !== exitPartial) faults.push(`recovery ended with ${code}`)

  const { stdout } = await runCli(['status', '1', '--json'], { cwd: dir })
  const { job }: { readonly job: { status: string; attempt: number; exit_code: number; total_processed: number } } =
    JSON.parse(stdout)
  const died = job.attempt - 1
  if (job.status !== 'completed' || job.exit_code !== exitPartial)
    faults.push(`the job is ${job.status}, exit code ${job.exit_code}`)
  if (died > deathsMax) faults.push(`${died} workers died`)
  const { products, faults: wrong } = await catalogDigest(join(dir, '.wholesaler'))
  if (products !== keys.length - 1) faults.push(`${products} products instead of ${keys.length - 1}`)
  return { died, faults: [...faults, ...wrong] }
}
