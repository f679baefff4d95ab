import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openCatalogStore } from '../../../../src/core/store/catalog/catalog-store.js'
import { fixedClock } from '../../../support/fixed-clock.js'
import { inTempDir } from '../../../support/temp-dir.js'
import { killBatch, killImageBytes, productsPerKillBatch } from './kill-work.js'

const script = fileURLToPath(new URL('endless-writer.ts', import.meta.url))
const rounds = 3

/** Lets the writer work, kills it in the middle of something, and returns the last number it said was done. */
async function workAndKill(what: 'apply' | 'images', dir: string, doneBefore: number): Promise<number> {
  const child = spawn(process.execPath, ['--import', 'tsx', script, what, dir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  for await (const chunk of child.stdout) {
    said += String(chunk)
    if (said.split('\n').length > doneBefore) child.kill('SIGKILL')
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  return Number(said.trimEnd().split('\n').at(-1))
}

describe('a catalog whose writer is killed', function () {
  this.timeout(60_000)

  it('D2: has every batch as a whole or not at all, and applying it again completes it', async () => {
    for (let round = 1; round <= rounds; round++) {
      await inTempDir(async (dir) => {
        const acknowledged = await workAndKill('apply', dir, 2 * round)

        const options = { path: join(dir, 'catalog.db'), mediaDir: join(dir, 'media'), currency: null }
        const store = await openCatalogStore({ ...options, clock: fixedClock() })
        const countOf = async (number: number) => {
          const skus = killBatch(number).items.flatMap(({ key }) => [key, `${key}-S`, `${key}-M`])
          return (await store.findBySku(skus)).size
        }
        const whole = productsPerKillBatch * 3
        for (let number = 1; number <= acknowledged; number++) assert.equal(await countOf(number), whole)
        const next = await countOf(acknowledged + 1)
        assert.ok(next === 0 || next === whole, `${next} rows of the batch that was being written`)

        const again = await store.apply(killBatch(acknowledged + 1))
        assert.ok(again.every(({ outcome }) => outcome === 'created'))
        assert.equal(await countOf(acknowledged + 1), whole)
        assert.deepEqual(await store.apply(killBatch(1)), await store.apply(killBatch(1)))
        await store.close()
      })
    }
  })

  it('I16: has no partial file under the name of an image', async () => {
    for (let round = 1; round <= rounds; round++) {
      await inTempDir(async (dir) => {
        await mkdir(join(dir, 'tmp'))

        const acknowledged = await workAndKill('images', dir, 3 * round)

        const media = join(dir, 'media')
        const names = existsSync(media) ? await readdir(media, { recursive: true }) : []
        const files = names.filter((name) => /[0-9a-f]{64}\.jpg$/.test(name))
        assert.ok(files.length >= acknowledged && files.length <= acknowledged + 1)
        for (const file of files) assert.equal((await stat(join(media, file))).size, killImageBytes)
      })
    }
  })
})
