/**
 * A process to be killed: `apply` writes batches of 100 products with variants, `images` puts images, for ever.
 * Says on stdout what is done.
 */
import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock } from '../../../../src/core/clock.js'
import { openCatalogStore } from '../../../../src/core/store/catalog/catalog-store.js'
import { killBatch, killImageBytes } from './kill-work.js'

const [what = '', dir = ''] = process.argv.slice(2)
const store = await openCatalogStore({
  path: join(dir, 'catalog.db'),
  mediaDir: join(dir, 'media'),
  currency: null,
  clock: systemClock,
})

for (let number = 1; ; number++) {
  if (what === 'apply') await store.apply(killBatch(number))
  else {
    const bytes = Buffer.alloc(killImageBytes, String(number))
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    const path = join(dir, 'tmp', `${process.pid}-${number}`)
    await writeFile(path, bytes)
    await store.putImage({ sha256, path, extension: 'jpg', originalUrl: `u${number}`, width: 1, height: 1, bytes: 1 })
  }
  process.stdout.write(`${number}\n`)
}
