/** One import, killed as planned and then finished; says what is wrong with what became of it. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Finished } from '../../cli/run-cli.js'
import { readCommands } from '../../support/project.js'
import { appliedProducts, catalogDigest } from './catalog-digest.js'
import { importWords, type KillLane, perBatch } from './kill-lane.js'
import { type Kill, type KillPlan, nameOf } from './kill-plan.js'

export interface RoundResult {
  readonly faults: readonly string[]
  /** Kills that met a living process, by the name of their place, or `any time`. */
  readonly met: readonly string[]
  /** Pictures fetched although they were here already or had been asked for before. */
  readonly fetchedAgain: number
  /** Products that the catalog wrote more than once. */
  readonly appliedAgain: number
}

/** Downloads at once (`host-queue.ts`): so many may be under way when a process dies, and be fetched again. */
const underWayMax = 16
/** The commands that finish what others left: recovery, as soon as there is such a command, else the import again. */
const hasRecover = readCommands().some(({ id }) => id === 'recover')
const finishWords = hasRecover ? ['recover', '--json'] : importWords

export async function killRound(lane: KillLane, plan: KillPlan, run: number): Promise<RoundResult> {
  const { stateDir, known } = await lane.begin(plan.stage, run)
  try {
    const met: string[] = []
    let words: readonly string[] = importWords
    for (const kill of plan.kills) {
      const place = await killOnce(lane, kill, { words, stateDir, tookMs: lane.tookMs[plan.stage] })
      if (place !== null) met.push(place)
      words = finishWords
    }
    const faults: string[] = []
    if (hasRecover) faults.push(...wrongEnd('recover', await lane.start(finishWords, stateDir).finished))
    // A recovery that was killed may have left a worker of its own behind, which goes on with the job: nothing is stuck.
    await lane.start(['status', '--wait', '--json'], stateDir).finished
    const last = await lane.start(importWords, stateDir).finished
    faults.push(...wrongEnd('the last import', last))

    const counts = lane.server.takeCounts()
    let fetchedAgain = 0
    for (const [path, times] of counts) fetchedAgain += known.has(path) ? times : times - 1
    const appliedAgain = (await appliedProducts(stateDir)) - lane.size.products
    faults.push(...(await wrongCatalog(lane, stateDir)), ...(await openJobs(lane, stateDir)))
    if (fetchedAgain > met.length * underWayMax)
      faults.push(`${fetchedAgain} pictures fetched again after ${met.length} kills`)
    if (appliedAgain > met.length * perBatch)
      faults.push(`${appliedAgain} products written again after ${met.length} kills`)
    return { faults: faults.map((fault) => `${describe(plan)}: ${fault}`), met, fetchedAgain, appliedAgain }
  } finally {
    await lane.end(stateDir)
  }
}

/** Starts the words and kills them; the place when there was somebody to kill, null when they had ended before. */
async function killOnce(
  lane: KillLane,
  kill: Kill,
  {
    words,
    stateDir,
    tookMs,
  }: { readonly words: readonly string[]; readonly stateDir: string; readonly tookMs: number },
): Promise<string | null> {
  if (kill.kind === 'point') {
    const env = { WHOLESALER_FAILPOINT: `${kill.point}:${kill.nth}:kill` }
    const { code } = await lane.start(words, stateDir, env).finished
    return code === null ? kill.point : null
  }
  const { child, finished } = lane.start(words, stateDir)
  const timer = new AbortController()
  void finished.then(() => timer.abort())
  await sleep(kill.share * tookMs, undefined, { signal: timer.signal }).catch(() => {})
  child.kill('SIGKILL')
  return (await finished).code === null ? 'any time' : null
}

function wrongEnd(what: string, { code, stdout, stderr }: Finished): string[] {
  return code === 0 ? [] : [`${what} ended with ${code}: ${stdout.slice(0, 500)} ${stderr.slice(0, 500)}`]
}

async function wrongCatalog({ undisturbed, size }: KillLane, stateDir: string): Promise<string[]> {
  const found = await catalogDigest(stateDir)
  const faults = [...found.faults]
  if (found.products !== size.products) faults.push(`${found.products} products instead of ${size.products}`)
  for (const what of ['variants', 'images', 'imageLinks', 'categories'] as const)
    if (found[what] !== undisturbed[what]) faults.push(`${found[what]} ${what} instead of ${undisturbed[what]}`)
  if (found.digest !== undisturbed.digest) faults.push('the catalog is not that of an undisturbed import')
  return faults
}

/** Without recovery, what died stays stuck until somebody finishes it. */
const endedStatuses = hasRecover ? ['completed', 'failed'] : ['completed', 'failed', 'processing_stuck']

async function openJobs(lane: KillLane, stateDir: string): Promise<string[]> {
  const { stdout } = await lane.start(['jobs', '--json', '--limit', '100'], stateDir).finished
  const { jobs }: { readonly jobs: readonly { readonly id: number; readonly status: string }[] } = JSON.parse(stdout)
  return jobs.filter(({ status }) => !endedStatuses.includes(status)).map(({ id, status }) => `job ${id} is ${status}`)
}

function describe({ stage, kills }: KillPlan): string {
  return `from stage "${stage}" killed at ${kills.map(nameOf).join(', ')}`
}
