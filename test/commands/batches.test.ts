import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { runCli } from '../cli/run-cli.js'
import { inTempDir } from '../support/temp-dir.js'

function writeFeed(cwd: string, count: number, price: (i: number) => string = () => '10'): void {
  const rows = Array.from({ length: count }, (_, i) => `SKU-${i},Product ${i},${price(i)}`)
  writeFileSync(join(cwd, 'feed.csv'), `sku,name,price\n${rows.join('\n')}\n`)
}

async function run(cwd: string, ...args: string[]) {
  const { code, stdout } = await runCli(['import', ...args, '--json'], { cwd })
  return { code, ...JSON.parse(stdout) }
}

async function prices(cwd: string): Promise<string[]> {
  const rows = parse<Record<string, string>>((await runCli(['export'], { cwd })).stdout, { columns: true, bom: true })
  return rows.map((row) => row['Regular price'] ?? '')
}

describe('import', function () {
  this.timeout(60_000)

  it('takes as many batches as it may, says what is left, and goes on there the next time', () =>
    inTempDir(async (cwd) => {
      writeFeed(cwd, 1200)
      const runs: number[][] = []
      for (let i = 0; i < 4; i += 1) {
        const { job, pending } = await run(cwd, 'feed.csv', '--batches', '5', '--per-batch', '100')
        runs.push([job.total_created, pending])
      }

      assert.deepEqual(runs, [
        [500, 700],
        [500, 200],
        [200, 0],
        [0, 0],
      ])
    }))

  it('maps the same bytes again when a margin changes, and writes the changed prices', () =>
    inTempDir(async (cwd) => {
      writeFeed(cwd, 3, (i) => `${i + 1}0`)
      const config = (margin: number) =>
        writeFileSync(
          join(cwd, 'wholesaler.config.json'),
          JSON.stringify({ wholesalers: { acme: { feed: './feed.csv', price: { margin } } } }),
        )
      config(10)
      await run(cwd)
      const before = await prices(cwd)

      config(25)
      const { job, feed } = await run(cwd)

      assert.deepEqual(before, ['11', '22', '33'])
      assert.deepEqual([job.total_created, job.total_updated, feed.staged.changed], [0, 3, 3])
      assert.deepEqual(await prices(cwd), ['12.5', '25', '37.5'])
    }))

  it('writes nothing on a dry run, and leaves no trace where there was none', () =>
    inTempDir(async (cwd) => {
      writeFeed(cwd, 3)
      const { code, pending, dry_run: dryRun } = await run(cwd, 'feed.csv', '--dry-run', '--detailed-exitcode')

      assert.deepEqual([code, pending, dryRun], [20, 3, true])
      assert.equal(existsSync(join(cwd, '.wholesaler')), false)
    }))

  it('refuses a feed with less than half of its last records, unless told otherwise (F11)', () =>
    inTempDir(async (cwd) => {
      writeFeed(cwd, 100)
      await run(cwd, 'feed.csv')
      writeFeed(cwd, 49, () => '12')

      const refused = await run(cwd, 'feed.csv')
      assert.deepEqual([refused.code, refused.error.code], [6, 'guard'])
      assert.match(refused.error.hint, /--allow-shrink/)
      assert.deepEqual(new Set(await prices(cwd)), new Set(['10']))

      const allowed = await run(cwd, 'feed.csv', '--allow-shrink')
      assert.deepEqual([allowed.code, allowed.job.total_updated, allowed.feed.staged.missing], [0, 49, 51])
    }))

  it('asks for --as when the same name comes from another folder', () =>
    inTempDir(async (cwd) =>
      inTempDir(async (other) => {
        writeFeed(cwd, 2)
        writeFeed(other, 2)
        await run(cwd, 'feed.csv')

        const { code, error } = await run(cwd, join(other, 'feed.csv'))
        assert.deepEqual([code, error.code], [2, 'usage'])
        assert.match(error.hint, /--as feed/)
        assert.equal((await run(cwd, join(other, 'feed.csv'), '--as', 'feed')).code, 0)
      }),
    ))

  it('keeps the product of the wholesaler that wrote it first, and says whose it is', () =>
    inTempDir(async (cwd) => {
      writeFeed(cwd, 2)
      await run(cwd, 'feed.csv', '--as', 'first')

      const { code, job, feed } = await run(cwd, 'feed.csv', '--as', 'second')
      const [reject] = parse<Record<string, string>>(
        (await import('node:fs')).readFileSync(feed.rejects_file, 'utf8'),
        { columns: true },
      )

      assert.deepEqual([code, job.total_created, job.total_errors], [3, 0, 2])
      assert.equal(reject?.code, 'sku_owned_by')
      assert.match(reject?.reason ?? '', /first/)
    }))

  it('makes pending again what --verify finds gone from the store', () =>
    inTempDir(async (cwd) => {
      writeFeed(cwd, 3)
      await run(cwd, 'feed.csv')
      const { openDatabase } = await import('../../src/core/sqlite.js')
      const { catalogMigrations } = await import('../../src/core/store/catalog/schema.js')
      const catalog = await openDatabase(join(cwd, '.wholesaler', 'catalog.db'), { migrations: catalogMigrations })
      catalog.prepare("DELETE FROM product WHERE sku = 'SKU-1'").run()
      catalog.close()

      assert.equal((await run(cwd, 'feed.csv')).job.total_processed, 0)
      assert.equal((await run(cwd, 'feed.csv', '--verify')).job.total_created, 1)
      assert.equal((await prices(cwd)).length, 3)
    }))
})
