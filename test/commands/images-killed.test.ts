import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from '@photostructure/sqlite'
import sharp from 'sharp'
import { filesMax } from '../../src/core/images/obtain-image.js'
import { runCli } from '../cli/run-cli.js'
import { jpeg } from '../core/images/pictures.js'
import { type ImageServer, withImageServer } from '../support/image-server.js'
import { inWorkplace, type Workplace } from './workplace.js'

const pictures = 60
const products = 18

/** Path of the n-th reference of a product: some pictures are shared by products. */
const pathOf = (product: number, place: number): string => `/${(product * 4 + place * 3) % pictures}.jpg`

/** Places of the image phase at which the process dies, at the first and at a later picture or product. */
const deaths = ['image-saved', 'image-linked', 'image-put', 'images-attached', 'images-recorded'].flatMap((name) => [
  `${name}:1:kill`,
  `${name}:7:kill`,
])

async function serve(server: ImageServer, place: Workplace): Promise<void> {
  for (let number = 0; number < pictures; number += 1) server.serve(`/${number}.jpg`, await jpeg(number))
  const rows = Array.from({ length: products }, (_, product) => {
    const images = Array.from({ length: 4 }, (_, position) => server.url(pathOf(product, position)))
    return `P${product},Product ${product},${images.join('|')}`
  })
  await place.write('shop.csv', `sku,name,images\n${rows.join('\n')}\n`)
}

/** Paths of the media files, and of what is neither whole nor named for its bytes. */
async function mediaFiles(place: Workplace): Promise<readonly string[]> {
  const entries = await readdir(place.path('.wholesaler/media'), { recursive: true, withFileTypes: true }).catch(
    () => [],
  )
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
}

/** Addresses that the library knew when the process died. */
function knownUrls(place: Workplace): readonly string[] {
  const ledger = new DatabaseSync(place.path('.wholesaler/ledger.db'), { readOnly: true })
  try {
    return ledger
      .prepare('SELECT url FROM image_url')
      .all()
      .map(({ url }) => String(url))
  } finally {
    ledger.close()
  }
}

describe('an image phase that is killed (I16)', function () {
  this.timeout(60_000)

  for (const death of deaths) {
    it(`at ${death} leaves no half file, loses no picture and asks for none twice that it had`, () =>
      withImageServer((server) =>
        inWorkplace(async (place) => {
          await serve(server, place)
          const args = ['import', 'shop.csv', '--allow-private-host', '127.0.0.1', '--json']
          const killed = await runCli(args, { cwd: place.dir, env: { WHOLESALER_FAILPOINT: death } })
          assert.equal(killed.code, null, 'it was to be killed')

          const files = await mediaFiles(place)
          for (const file of files) {
            assert.match(file, /\/([0-9a-f]{2})\/\1[0-9a-f]{62}\.jpg$/)
            await sharp(file, { failOn: 'warning' }).stats()
          }
          const known = knownUrls(place)

          const { code, images } = await place.importJson(...args.slice(1, -1))
          assert.deepEqual([code, images.failed, images.pending], [0, 0, 0])
          assert.equal((await mediaFiles(place)).length, pictures)
          for (const url of known) assert.equal(server.requests(new URL(url).pathname), 1, url)
          assert.ok(server.requests() <= pictures + filesMax, `${server.requests()} requests`)
          const catalog = await place.catalog()
          for (let product = 0; product < products; product += 1) {
            const wanted = Array.from({ length: 4 }, (_, position) => server.url(pathOf(product, position)))
            assert.deepEqual(catalog.get(`P${product}`)?.Images?.split(', '), wanted)
          }
          // What the killed process was about to write; the next run after an hour clears it away.
          for (const name of await readdir(place.path('.wholesaler/tmp'))) assert.match(name, /^image-.*\.tmp$/)
        }),
      ))
  }
})
