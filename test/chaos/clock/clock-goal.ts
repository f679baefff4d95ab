/** Wall clocks that jump, and processes that all stand still for a while, under an import and those who watch it. */
import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { runCli, startCli } from '../../cli/run-cli.js'
import { csvFeed, skus } from '../../commands/workplace.js'
import { inTempDir } from '../../support/temp-dir.js'
import { needTool } from '../fault-tools.js'
import { defineGoal, everyRound } from '../goal.js'
import { catalogDigest } from '../kill9/catalog-digest.js'
import type { Random } from '../random.js'

/** Jumps as libfaketime is told them; null: nothing jumps, but all processes are stopped and go on. */
const kinds = {
  'a day on': '+1d',
  'a day back': '-1d',
  'an hour on': '+1h',
  'an hour back': '-1h',
  'twenty years back': '-20y',
  suspend: null,
} as const
type Kind = keyof typeof kinds

const products = 500
/** Milliseconds that each batch is held up, so that there is time to watch. */
const holdMs = 800
const suspendMs = 1_500
const exitStuck = 12

export const clockGoal = defineGoal({
  name: 'clock',
  promise: 'when clocks jump or all processes stand still, no job that lives is taken for stuck, and none is lost',
  flags: { runs: 50, first: 0, parallel: 2 },
  async run(flags, { random, say }) {
    needTool('faketime')
    const counts = { looks: 0, falseStuck: 0 }
    const broken = await everyRound(flags, async (run) => {
      const kind = (Object.keys(kinds) as Kind[])[run % Object.keys(kinds).length] ?? 'suspend'
      const { looks, faults } = await inTempDir((dir) => jumpDuringImport(dir, kind, random(run)))
      counts.looks += looks
      counts.falseStuck += faults.filter((fault) => fault.includes('taken for stuck')).length
      say(`run ${run}: ${kind}, ${looks} looks`)
      return faults.map((fault) => `${kind}: ${fault}`)
    })
    return { figures: { 'looks at a living job': counts.looks, 'taken for stuck': counts.falseStuck }, broken }
  },
})

async function jumpDuringImport(dir: string, kind: Kind, random: Random) {
  await writeFile(join(dir, 'feed.csv'), csvFeed(skus(products)))
  const clockFile = join(dir, 'clock')
  await writeFile(clockFile, '+0')
  const clock = jumpingClock(clockFile)
  const slow = { WHOLESALER_FAILPOINT: `batch-applied:1+:hang:${holdMs}` }
  const words = ['import', 'feed.csv', '--as', 'acme', '--ndjson']
  const { child, printed, finished } = startCli(words, { cwd: dir, env: { ...clock, ...slow } })
  await printed('"type":"batch"')
  await sleep(random.integer(0, 2 * holdMs))

  const jump = kinds[kind]
  if (jump === null) {
    child.kill('SIGSTOP')
    await sleep(suspendMs)
    child.kill('SIGCONT')
  } else await writeFile(clockFile, jump)
  const faults: string[] = []
  let looks = 0
  let ended = false
  void finished.then(() => {
    ended = true
  })
  // One who sees the same jump, and one whose clock is right.
  for (const env of [clock, {}]) {
    if (ended) break
    const { code, stdout } = await runCli(['recover', '--dry-run', '--json'], { cwd: dir, env })
    looks += 1
    if (code === exitStuck) faults.push(`a living job was taken for stuck: ${stdout.slice(0, 600)}`)
    else if (code !== 0) faults.push(`a look ended with ${code}: ${stdout.slice(0, 300)}`)
  }
  const { code, stderr } = await finished
  if (code !== 0) faults.push(`the import ended with ${code}: ${stderr.slice(0, 500)}`)
  return { looks, faults: [...faults, ...(await wrongAfter(dir))] }
}

/** Everything is there, every job has ended, and the next import under the right clock has nothing to do. */
async function wrongAfter(dir: string): Promise<string[]> {
  const found = await catalogDigest(join(dir, '.wholesaler'))
  const faults = [...found.faults]
  if (found.products !== products) faults.push(`${found.products} products instead of ${products}`)
  const { code, stdout } = await runCli(['import', 'feed.csv', '--as', 'acme', '--json'], { cwd: dir })
  const next: { readonly job?: { readonly total_processed: number } } = JSON.parse(stdout)
  if (code !== 0 || next.job?.total_processed !== 0)
    faults.push(`the next import found work to do, or ended with ${code}`)
  const { jobs }: { readonly jobs: readonly { readonly id: number; readonly status: string }[] } = JSON.parse(
    (await runCli(['jobs', '--json'], { cwd: dir })).stdout,
  )
  for (const { id, status } of jobs) if (status !== 'completed') faults.push(`job ${id} is ${status}`)
  return faults
}

/** Environment of a process whose wall clock follows a file. Without the last two it hangs, or files get strange times. */
function jumpingClock(file: string): Readonly<Record<string, string>> {
  const library = execFileSync('faketime', ['-m', '-f', '+0', 'sh', '-c', 'echo "$LD_PRELOAD"'], { encoding: 'utf8' })
  return {
    LD_PRELOAD: library.trim(),
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    NO_FAKE_STAT: '1',
  }
}
