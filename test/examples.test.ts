/** Every example in README and `examples/` is run as it is shown. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { loadConfig } from '../src/core/config/load-config.js'
import { runChecks } from '../src/core/doctor/check.js'
import { checkCron } from '../src/core/doctor/check-machine.js'
import { presetByName } from '../src/core/product/choose-preset.js'
import { bin, type Finished, runCli, runShell } from './cli/run-cli.js'
import { machine } from './core/doctor/sick-machine.js'
import { inServedPlace, untilJob } from './serve/serving.js'
import { certificate } from './support/certificate.js'
import { codeBlocks, filesBelow, projectRoot, readPackageFile, readProjectFile } from './support/project.js'
import { inTempDir } from './support/temp-dir.js'
import { withShop } from './support/woocommerce/shop-server.js'

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
async function runBlock(script: string, cwd: string, prelude = ''): Promise<Finished> {
  const programs = join(cwd, '.programs')
  const program = `#!/bin/sh\n${prelude}\nexec "${process.execPath}" "${bin}" "$@"\n`
  mkdirSync(programs, { recursive: true })
  writeFileSync(join(programs, 'wholesaler'), program, { mode: 0o755 })
  const PATH = [programs, process.env.PATH ?? ''].join(delimiter)
  return await runShell(`set -e\n${runnable(script)}`, { cwd, env: { PATH } })
}

/** Kills an import, and nothing else, when it is about to record its second batch. */
const dyingImport = `[ "$1" = import ] && export WHOLESALER_FAILPOINT=batch-applied:2:kill`

const offer = (id: number, price: string) =>
  `<o id="${id}" price="${price}" avail="1" stock="5"><name><![CDATA[Offer ${id}]]></name><cat><![CDATA[Tea]]></cat></o>`
const offers = (...list: readonly string[]) =>
  `<?xml version="1.0" encoding="utf-8"?>\n<offers version="1">\n${list.join('\n')}\n</offers>\n`

/** What README's examples read. */
function writeReadmeFiles(dir: string): void {
  cpSync(join(projectRoot, 'examples/01-csv-to-catalog'), dir, { recursive: true })
  writeFileSync(join(dir, 'yesterday.xml'), offers(offer(1, '9.90')))
  writeFileSync(join(dir, 'tonight.xml'), offers(offer(1, '9.50')))
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
    assert.deepEqual([...names].sort(), ['bench', 'build', 'chaos', 'faults', 'fuzz', 'matrix', 'start', 'test'])
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

      assert.equal(examples.length, 5)
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

  it('shows lines for HTTP that all work', () =>
    inServedPlace({}, async (place) => {
      const shown = codeBlocks(readme, 'sh').find((block) => block.includes('/wp-json/')) ?? ''
      const lines = runnable(shown.replaceAll('http://127.0.0.1:8765', place.url)).trim().split('\n')
      assert.equal(shown.trim().split('\n').length, 5)
      for (const line of lines) {
        const { code, stdout } = await runShell(line, { cwd: place.dir })
        assert.deepEqual([code, /"success":false|^null$/m.test(stdout)], [0, false], `${line}\n${stdout}`)
        // The first one starts a job, of which the others speak.
        if (line === lines[0]) await untilJob(place, 1, 'completed')
      }
    }))

  it('shows config files that are accepted', () =>
    inTempDir(async (dir) => {
      const configs: Awaited<ReturnType<typeof loadConfig>>[] = []
      for (const [index, block] of codeBlocks(readme, 'js').entries()) {
        const file = join(dir, `wholesaler.${index}.config.mjs`)
        writeFileSync(file, block)
        configs.push(await loadConfig(file))
      }

      assert.deepEqual(
        configs.map(({ wholesalers }) => Object.keys(wholesalers)),
        [['aren', 'outlet'], ['lingerie', 'tools'], ['aren'], ['aren']],
      )
      assert.equal(presetByName(configs[0]?.wholesalers.aren?.preset ?? '').name, 'aren')
    }))
})

describe('examples', function () {
  this.timeout(60_000)

  for (const readme of filesBelow('examples', 'README.md')) {
    // It needs a shop, and has a test of its own.
    if (readme.includes('02-woocommerce')) continue
    it(`${readme} runs as it is shown`, function () {
      if (readme.includes('05-monitoring') && !hasJq) this.skip()
      return inTempDir(async (dir) => {
        cpSync(join(projectRoot, readme, '..'), dir, { recursive: true })

        const blocks = codeBlocks(readProjectFile(readme), 'bash')
        assert.notEqual(blocks.length, 0)
        for (const block of blocks) {
          const { code, stdout, stderr } = await runBlock(block, dir)
          assert.equal(code, 0, `${block}\n${stdout}\n${stderr}`)
        }
      })
    })
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

  it('02: the README runs as it is shown, against a shop on https; the second run changes nothing there', function () {
    const tls = certificate(this)
    return inTempDir((dir) =>
      withShop({ tls }, async (shop) => {
        cpSync(join(projectRoot, 'examples/02-woocommerce'), dir, { recursive: true })
        writeFileSync(join(dir, 'authority.pem'), tls.cert)
        const trust = `export NODE_EXTRA_CA_CERTS="${join(dir, 'authority.pem')}"`
        const readme = readProjectFile('examples/02-woocommerce/README.md').replaceAll(
          'https://shop.example.com',
          shop.url,
        )
        const blocks = codeBlocks(readme.replace(/^ {3}/gm, ''), 'bash')
        const [setUp = '', ...steps] = blocks
        const settings = setUp.split('\n').filter((line) => line.startsWith('export '))

        const written: number[] = []
        for (const block of [setUp, ...steps]) {
          const script = [...settings, block].join('\n')
          const { code, stdout, stderr } = await runBlock(script, dir, trust)
          assert.equal(code, 0, `${block}\n${stdout}\n${stderr}`)
          assert.doesNotMatch(stdout + stderr, /abcd|EFGH/)
          written.push(shop.applied.length)
        }

        assert.equal(blocks.length, 3)
        assert.deepEqual([shop.count('create'), shop.count('upload')], [3, 3])
        assert.equal(written[0], 0)
        assert.equal(written[2], written[1])
        assert.deepEqual(
          [...shop.state.products.values()].map(({ sku, regularPrice, images }) => [sku, regularPrice, images.length]),
          [
            ['MUG-01', '9.1', 2],
            ['JUG-01', '20.85', 0],
            ['NAP-01', '4', 1],
          ],
        )
      }),
    )
  })

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

  describe('04', () => {
    const crontab = readProjectFile('examples/04-cron/crontab')
    /** The commands of the crontab, without their times, run in `dir` as cron does. */
    const commandOf = (word: string, dir: string) => {
      const line = crontab.split('\n').find((text) => /^[\d*]/.test(text) && text.includes(` ${word}`)) ?? ''
      return `SHOP=${dir}; ${line.split(/\s+/).slice(5).join(' ')}`
    }

    it('is a crontab that doctor is content with', async () => {
      const [found] = await runChecks([checkCron(machine({ crontab: async () => crontab }))])

      assert.equal(found?.status, 'ok')
    })

    it('imports, and within a minute recovers what was killed, with a log of both', () =>
      inTempDir(async (dir) => {
        cpSync(join(projectRoot, 'examples/04-cron'), dir, { recursive: true })
        const perBatch = 'export WHOLESALER_PER_BATCH=10'

        const killed = await runBlock(commandOf('import', dir), dir, `${perBatch}\n${dyingImport}`)
        const recovered = await runBlock(commandOf('recover', dir), dir, perBatch)
        const waited = await runBlock('wholesaler status 1 --wait', dir)

        assert.deepEqual([killed.code, recovered.code, waited.code], [137, 0, 0], waited.stdout + recovered.stderr)
        assert.equal((await exportRows(dir)).length, 24)
        const log = (name: string) => readFileSync(join(dir, 'logs', `${name}.log`), 'utf8')
        assert.match(log('import'), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d import: ended with 137$/m)
        assert.match(log('recover'), /^.* recover: wholesaler recover --detach$/m)
        assert.match(log('recover'), /^.* recover: ended with 0$/m)
      }))

    it('runs no two of one line at a time, and is free again when the first has ended', function () {
      if (spawnSync('flock', ['--version']).status !== 0) this.skip()
      return inTempDir(async (dir) => {
        cpSync(join(projectRoot, 'examples/04-cron'), dir, { recursive: true })
        const logged = 'sh logged.sh x'

        const both = await runBlock(
          `mkfifo go up; ${logged} sh -c 'echo >up; cat go' & read -r line <up; ${logged} touch second; echo >go; wait`,
          dir,
        )
        const after = await runBlock(`${logged} touch third`, dir)

        assert.deepEqual([both.code, after.code], [0, 0], both.stderr)
        assert.deepEqual([existsSync(join(dir, 'second')), existsSync(join(dir, 'third'))], [false, true])
        assert.match(readFileSync(join(dir, 'logs/x.log'), 'utf8'), /the last run is still at work/)
      })
    })
  })

  describe('05', () => {
    before(function () {
      if (!hasJq) this.skip()
    })

    it('says how far the job is, recovers it when its worker dies, and ends with its exit code', () =>
      inTempDir(async (dir) => {
        cpSync(join(projectRoot, 'examples/05-monitoring'), dir, { recursive: true })

        const script = 'EVERY=1 sh monitor.sh pottery.csv --per-batch 10'
        const { code, stdout, stderr } = await runBlock(script, dir, dyingImport)

        assert.equal(code, 0, stderr)
        assert.match(stdout, /^Job 1 hangs: /m)
        assert.match(stdout, /Job 1 - completed \(100%\)$/m)
        assert.equal((await exportRows(dir)).length, 24)
      }))

    it('ends with the exit code of a job that failed, and of an import that made none', () =>
      inTempDir(async (dir) => {
        cpSync(join(projectRoot, 'examples/05-monitoring'), dir, { recursive: true })

        assert.equal((await runBlock('sh monitor.sh nosuch.csv', dir)).code, 7)
        assert.equal((await runBlock('sh monitor.sh --batches many', dir)).code, 2)
      }))
  })
})
