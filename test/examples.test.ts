/** Every example in README and `examples/` is run as it is shown. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { loadConfig } from '../src/core/config/load-config.js'
import { presetByName } from '../src/core/product/choose-preset.js'
import { bin, type Finished, runCli, runShell } from './cli/run-cli.js'
import { codeBlocks, filesBelow, projectRoot, readPackageFile, readProjectFile } from './support/project.js'
import { inTempDir } from './support/temp-dir.js'

interface Imported {
  readonly pending: number
  readonly feed: {
    readonly products: number
    readonly variants: number
    readonly images: number
    readonly skipped: number
    readonly staged: { readonly new: number; readonly changed: number; readonly unchanged: number }
  }
  readonly images: { readonly downloaded: number; readonly attached: number; readonly failed: number }
  readonly job: { readonly total_created: number; readonly total_updated: number; readonly total_processed: number }
}

const hasJq = spawnSync('jq', ['--version']).status === 0

/** Lines that need `jq` are left out where there is none, aloud. */
function runnable(script: string): string {
  if (hasJq) return script
  return script
    .split('\n')
    .filter((line) => {
      if (!/\|\s*jq\b/.test(line)) return true
      console.error(`      skipped: jq is not installed: ${line}`)
      return false
    })
    .join('\n')
}

/** Runs a block of a README in `cwd`, line by line until one fails; `wholesaler` is this project's. */
async function runBlock(script: string, cwd: string): Promise<Finished> {
  const programs = join(cwd, '.programs')
  mkdirSync(programs, { recursive: true })
  writeFileSync(join(programs, 'wholesaler'), `#!/bin/sh\nexec "${process.execPath}" "${bin}" "$@"\n`, { mode: 0o755 })
  const PATH = [programs, process.env.PATH ?? ''].join(delimiter)
  return await runShell(`set -e\n${runnable(script)}`, { cwd, env: { PATH } })
}

const offer = (id: number, price: string) =>
  `<o id="${id}" price="${price}" avail="1" stock="5"><name><![CDATA[Offer ${id}]]></name><cat><![CDATA[Tea]]></cat></o>`
const offers = (...list: readonly string[]) =>
  `<?xml version="1.0" encoding="utf-8"?>\n<offers version="1">\n${list.join('\n')}\n</offers>\n`

/** What README's examples read. */
function writeReadmeFiles(dir: string): void {
  cpSync(join(projectRoot, 'examples/01-csv-to-catalog'), dir, { recursive: true })
  writeFileSync(join(dir, 'offers-2025-12-10.xml'), offers(offer(1, '9.90'), offer(2, '5.00')))
  writeFileSync(join(dir, 'offers-2025-12-17.xml'), offers(offer(1, '9.50'), offer(2, '5.00'), offer(3, '7.00')))
}

async function importJson(cwd: string, ...args: readonly string[]): Promise<Imported> {
  const { code, stdout, stderr } = await runCli(['import', ...args, '--json'], { cwd })
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' }, stdout)
  return JSON.parse(stdout)
}

async function exportRows(cwd: string): Promise<Record<string, string>[]> {
  const { code, stdout } = await runCli(['export'], { cwd })
  assert.equal(code, 0)
  return parse<Record<string, string>>(stdout, { columns: true, bom: true })
}

describe('README', function () {
  this.timeout(60_000)
  const readme = readProjectFile('README.md')
  const blocks = codeBlocks(readme, 'bash')
  const setUp = blocks.filter((block) => block.startsWith('npm '))
  const examples = blocks.filter((block) => !setUp.includes(block))

  it('names npm scripts that exist', () => {
    const { scripts } = readPackageFile()
    const contributing = codeBlocks(readProjectFile('CONTRIBUTING.md'), 'bash')
    const named = [...setUp, ...contributing].flatMap((block) => [...block.matchAll(/\bnpm (?:run )?([\w-]+)/g)])
    const names = new Set(named.map(([, name = '']) => name).filter((name) => name !== 'ci'))

    assert.equal(setUp.length, 2)
    assert.deepEqual([...names].sort(), ['bench', 'build', 'chaos', 'faults', 'start', 'test'])
    for (const name of names) assert.ok(name in scripts, name)
  })

  it('sets up a shop with one line', () =>
    inTempDir(async (stateDir) => {
      const [, words = ''] = /npm start -- (.+)/.exec(setUp[0] ?? '') ?? []
      const { code, stdout } = await runCli(words.trim().split(' '), {
        cwd: projectRoot,
        env: { WHOLESALER_STATE_DIR: stateDir },
      })

      assert.equal(code, 0)
      assert.match(stdout, /^Products {2}8 created$/m)
    }))

  it('shows commands that all work, one after the other', () =>
    inTempDir(async (dir) => {
      writeReadmeFiles(dir)

      assert.equal(examples.length, 3)
      for (const block of examples) {
        const { code, stdout, stderr } = await runBlock(block, dir)
        assert.equal(code, 0, `${block}\n${stdout}\n${stderr}`)
      }
      const jobs: { jobs: { source: string; total_created: number; total_updated: number }[] } = JSON.parse(
        (await runCli(['jobs', '--json'], { cwd: dir })).stdout,
      )
      const written = (source: string) => {
        const job = jobs.jobs.find((one) => one.source.endsWith(source))
        return [job?.total_created, job?.total_updated]
      }
      assert.deepEqual(written('12-10.xml'), [2, 0])
      assert.deepEqual(written('12-17.xml'), [1, 1])
    }))

  it('shows a config file that is accepted', () =>
    inTempDir(async (dir) => {
      const [config = '', ...more] = codeBlocks(readme, 'js')
      writeFileSync(join(dir, 'wholesaler.config.mjs'), config)

      const { wholesalers } = await loadConfig(join(dir, 'wholesaler.config.mjs'))

      assert.deepEqual(more, [])
      assert.deepEqual(Object.keys(wholesalers), ['aren', 'outlet'])
      assert.equal(presetByName(wholesalers.aren?.preset ?? '').name, 'aren')
    }))
})

describe('examples', function () {
  this.timeout(60_000)

  for (const readme of filesBelow('examples', 'README.md')) {
    it(`${readme} runs as it is shown`, () =>
      inTempDir(async (dir) => {
        cpSync(join(projectRoot, readme, '..'), dir, { recursive: true })

        const blocks = codeBlocks(readProjectFile(readme), 'bash')
        assert.notEqual(blocks.length, 0)
        for (const block of blocks) {
          const { code, stdout, stderr } = await runBlock(block, dir)
          assert.equal(code, 0, `${block}\n${stdout}\n${stderr}`)
        }
      }))
  }

  it('01: 8 products, 5 variants and 12 images come in; the second run does nothing', () =>
    inTempDir(async (dir) => {
      cpSync(join(projectRoot, 'examples/01-csv-to-catalog'), dir, { recursive: true })

      const first = await importJson(dir, 'products.csv')
      const second = await importJson(dir, 'products.csv')

      assert.deepEqual([first.feed.products, first.feed.variants, first.feed.images], [8, 5, 12])
      assert.deepEqual([first.job.total_created, first.images.downloaded, first.pending], [8, 12, 0])
      assert.deepEqual([second.job.total_created, second.job.total_updated, second.images.downloaded], [0, 0, 0])
      assert.deepEqual([second.feed.staged.unchanged, second.images.attached], [8, 0])
    }))

  describe('03', () => {
    /** Net price, with 40 % on top, or 25 % for Lnianka, to the nearest 5 cents. */
    const prices = {
      'OUT-0042': 9.1, // 6.50 * 1.40 = 9.10
      'OUT-0043': 20.85, // 14.90 * 1.40 = 20.86
      'OUT-0050': 4, // 3.20 * 1.25 = 4.00
      'OUT-0051': 13.75, // 11.00 * 1.25 = 13.75
    }
    const pricesOf = (rows: readonly Record<string, string>[]) =>
      Object.fromEntries(rows.map((row) => [row.SKU, Number(row['Regular price'])]))

    it('maps, prices and leaves out as its config says', () =>
      inTempDir(async (dir) => {
        cpSync(join(projectRoot, 'examples/03-own-mapping'), dir, { recursive: true })

        const first = await importJson(dir)
        const second = await importJson(dir)
        const rows = await exportRows(dir)

        assert.deepEqual([first.feed.products, first.feed.skipped, first.images.failed], [4, 1, 0])
        assert.equal(first.job.total_created, 4)
        assert.deepEqual([second.job.total_processed, second.images.downloaded, second.pending], [0, 0, 0])
        assert.deepEqual(pricesOf(rows), prices)
        assert.deepEqual(
          rows.map((row) => row.Name),
          ['Enamel mug', 'Enamel jug, 1 l', 'Linen napkin', 'Linen runner'],
        )
        assert.equal(rows[1]?.['Short description'], 'fragile')
      }))

    it('writes only prices after its margin was changed', () =>
      inTempDir(async (dir) => {
        cpSync(join(projectRoot, 'examples/03-own-mapping'), dir, { recursive: true })
        await importJson(dir)
        const before = await exportRows(dir)

        const configPath = join(dir, 'wholesaler.config.js')
        writeFileSync(configPath, readFileSync(configPath, 'utf8').replace('margin: 40', 'margin: 50'))
        const { job, images } = await importJson(dir)
        const after = await exportRows(dir)

        assert.deepEqual([job.total_created, job.total_updated], [0, 2])
        assert.deepEqual([images.downloaded, images.attached], [0, 0])
        // 6.50 * 1.50 = 9.75 and 14.90 * 1.50 = 22.35; the other brand has a margin of its own.
        assert.deepEqual(pricesOf(after), { ...prices, 'OUT-0042': 9.75, 'OUT-0043': 22.35 })
        const withoutPrices = (rows: readonly Record<string, string>[]) =>
          rows.map((row) => ({ ...row, 'Regular price': '' }))
        assert.deepEqual(withoutPrices(after), withoutPrices(before))
      }))
  })
})
