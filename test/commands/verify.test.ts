import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openDatabase } from '../../src/core/sqlite.js'
import { catalogMigrations } from '../../src/core/store/catalog/schema.js'
import { runCli } from '../cli/run-cli.js'
import { inTempDir } from '../support/temp-dir.js'

function writeFeed(cwd: string, count: number): void {
  const rows = Array.from({ length: count }, (_, i) => `SKU-${i},Product ${i},10`)
  writeFileSync(join(cwd, 'feed.csv'), `sku,name,price\n${rows.join('\n')}\n`)
}

async function run(cwd: string, ...args: string[]) {
  const { code, stdout } = await runCli(['import', ...args, '--json'], { cwd })
  return { code, ...JSON.parse(stdout) }
}

describe('import --verify', function () {
  this.timeout(60_000)

  it('writes again what is gone from the store, and nothing else', () =>
    inTempDir(async (cwd) => {
      writeFeed(cwd, 3)
      await run(cwd, 'feed.csv')
      const catalog = await openDatabase(join(cwd, '.wholesaler', 'catalog.db'), { migrations: catalogMigrations })
      catalog.prepare("DELETE FROM product WHERE sku = 'SKU-1'").run()
      catalog.close()

      assert.equal((await run(cwd, 'feed.csv')).job.total_processed, 0)
      assert.equal((await run(cwd, 'feed.csv', '--verify')).job.total_created, 1)
      assert.equal((await run(cwd, 'feed.csv', '--verify')).job.total_processed, 0)
    }))
})
