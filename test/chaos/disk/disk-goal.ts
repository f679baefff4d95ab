/** Disks that fill up under an import at any moment, and are freed again. */
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runCli, runShell } from '../../cli/run-cli.js'
import { csvFeed, skus } from '../../commands/workplace.js'
import { inTempDir } from '../../support/temp-dir.js'
import { needTool } from '../fault-tools.js'
import { defineGoal, everyRound } from '../goal.js'
import { catalogDigest } from '../kill9/catalog-digest.js'
import type { Random } from '../random.js'

const products = 4_000
/** `full`: no room on the file system; `limit`: files may not grow beyond a size. */
const kinds = ['full', 'limit'] as const
/** KiB that are left when it fills up. */
const leftMax = 3_000
/** Blocks of 1 KiB that a file may have. */
const limits = { min: 100, max: 1_500 }

export const diskGoal = defineGoal({
  name: 'disk',
  promise: 'a disk that fills up under an import corrupts nothing, and with room again the next import completes',
  flags: { runs: 40, first: 0, parallel: 2 },
  async run(flags, { random }) {
    needTool('mount')
    const undisturbed = await inTempDir(importUndisturbed)
    const ends = new Map<string, number>()
    const broken = await everyRound(flags, async (run) => {
      const kind = kinds[run % kinds.length] ?? 'full'
      const { end, faults } = await inTempDir((dir) => fillUp(dir, kind, { random: random(run), undisturbed }))
      ends.set(`${kind}: ${end}`, (ends.get(`${kind}: ${end}`) ?? 0) + 1)
      return faults.map((fault) => `${kind}: ${fault}`)
    })
    const counts = [...ends].sort().map(([end, times]) => `${times} x ${end}`)
    return { figures: { 'imports under the fault ended with': counts.join(', ') }, broken }
  },
})

async function importUndisturbed(dir: string): Promise<string> {
  await writeFile(join(dir, 'feed.csv'), csvFeed(skus(products)))
  const { code, stdout } = await runCli(['import', 'feed.csv', '--as', 'acme', '--json'], { cwd: dir })
  if (code !== 0) throw new Error(`an import that nobody disturbed ended with ${code}: ${stdout}`)
  return (await catalogDigest(join(dir, '.wholesaler'))).digest
}

interface Around {
  readonly random: Random
  readonly undisturbed: string
}

async function fillUp(dir: string, kind: (typeof kinds)[number], { random, undisturbed }: Around) {
  await writeFile(join(dir, 'feed.csv'), csvFeed(skus(products)))
  await mkdir(join(dir, 'state'))
  const disturbed =
    kind === 'full' ? fullScript(random) : `(ulimit -f ${random.integer(limits.min, limits.max)}; import first)`
  const script = `
    import() { "$WHOLESALER" import feed.csv --as acme --state-dir state --json > $1.json; echo $? > $1.code; }
    mount -t tmpfs -o size=64m none state
    ${disturbed}
    import after
    cp -r state kept`
  const { code, stderr } = await runShell(`unshare -Urm bash -c '${script}'`, { cwd: dir })
  if (code !== 0) throw new Error(`the scene could not be set: ${stderr}`)
  const exitOf = async (name: string) => Number(await readFile(join(dir, `${name}.code`), 'utf8'))
  const [first, after] = [await exitOf('first'), await exitOf('after')]
  const faults: string[] = []
  if (first !== 0) faults.push(...(await wrongRefusal(join(dir, 'first.json'), first)))
  if (after !== 0) faults.push(`with room again the import ended with ${after}`)
  await cp(join(dir, 'kept'), join(dir, 'look'), { recursive: true })
  const found = await catalogDigest(join(dir, 'look'))
  if (found.digest !== undisturbed) faults.push('the catalog is not that of an undisturbed import')
  return { end: first, faults: [...faults, ...found.faults] }
}

/** Fills the disk at some moment of the import, all but a little, and frees it when the import has ended. */
function fullScript(random: Random): string {
  const after = (random.integer(0, 3_000) / 1000).toFixed(3)
  const left = random.integer(0, leftMax)
  return `
    (sleep ${after}; dd if=/dev/zero of=state/ballast bs=4k 2> dd.txt; truncate -s -${left}K state/ballast) &
    import first
    wait
    rm -f state/ballast`
}

async function wrongRefusal(file: string, exit: number): Promise<string[]> {
  const { success, error }: { readonly success: boolean; readonly error?: { readonly code: string } } = JSON.parse(
    await readFile(file, 'utf8'),
  )
  if (exit === 1 && !success && error?.code === 'disk_full') return []
  return [`the import ended with ${exit}: ${JSON.stringify(error)}`]
}
