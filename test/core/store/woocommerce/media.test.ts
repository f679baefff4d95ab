/** Images uploaded to the shop: once for their content, whatever becomes of an answer or a machine. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { idOf, product } from '../../../contract/store-fixture.js'
import { certificate } from '../../../support/certificate.js'
import { errorPage } from '../../../support/woocommerce/faults.js'
import { type WooCommerceFixture, wooCommerceFixture } from './woocommerce-fixture.js'

async function withShop(test: Mocha.Context, body: (fixture: WooCommerceFixture) => Promise<void>): Promise<void> {
  const fixture = await wooCommerceFixture({}, { tls: certificate(test) })
  try {
    await body(fixture)
  } finally {
    await fixture.close()
  }
}

const isUpload = ({ isWrite, path }: { isWrite: boolean; path: string }) => isWrite && path === '/wp/v2/media'
const writer = { jobId: 1, token: 1 }

describe('images uploaded to a shop', () => {
  it('N14: are not uploaded again when the answer is lost, is a page, or comes too late', async function () {
    const faults = [{ kind: 'lose' }, { kind: 'replace', with: () => errorPage }, { kind: 'late' }] as const
    for (const fault of faults) {
      await withShop(this, async ({ shop, another, putFile, clock }) => {
        shop.script = (request) => (isUpload(request) && shop.count('upload') === 0 ? fault : null)
        const started = clock.monotonic()

        const { id } = await another({ writeDeadlineMs: 100 }).putImage(await putFile('bytes'))

        assert.deepEqual([...shop.state.attachments.keys()].map(String), [id], fault.kind)
        assert.ok(clock.monotonic() - started >= 2000)
      })
    }
  })

  it('are uploaded again when none of three look-ups finds them', function () {
    return withShop(this, async ({ shop, store, putFile, clock }) => {
      let tries = 0
      shop.script = (request) => {
        if (!isUpload(request)) return null
        tries += 1
        return tries === 1 ? { kind: 'refuse', status: 502 } : null
      }
      const started = clock.monotonic()

      await store.putImage(await putFile('bytes'))

      assert.deepEqual([tries, shop.state.attachments.size], [2, 1])
      assert.equal(clock.monotonic() - started, 15_000)
    })
  })

  it('are found by another machine that has no ledger, whoever they belong to there', function () {
    return withShop(this, async ({ shop, store, another, putFile }) => {
      const first = await store.putImage(await putFile('bytes'))

      const second = await another({ ledgerId: 'other' }).putImage(await putFile('bytes'))

      assert.deepEqual([second.id, second.sha256], [first.id, first.sha256])
      assert.equal(shop.count('upload'), 1)
    })
  })

  it('that are many at once are looked for in one question', function () {
    return withShop(this, async ({ shop, store, putFile }) => {
      const files = await Promise.all(Array.from({ length: 20 }, (_, index) => putFile(`bytes ${index}`)))

      await Promise.all(files.map((file) => store.putImage(file)))

      assert.equal(shop.count('upload'), 20)
      assert.ok(shop.requests.filter(({ isWrite }) => !isWrite).length <= 3)
    })
  })

  it('that the shop will not have are refused, and are no error of the run', function () {
    return withShop(this, async ({ store, putFile }) => {
      const path = join(tmpdir(), `wholesaler-test-${randomUUID()}`)
      await writeFile(path, '<html>no picture</html>')

      await assert.rejects(store.putImage({ ...(await putFile('x')), path }), {
        name: 'ImageRefusedError',
        message: /not allowed to upload this file type/,
      })
    })
  })

  it('are shown once by their product when the answer to that is lost', function () {
    return withShop(this, async ({ shop, store, putFile }) => {
      const id = await idOf(store, product('a'))
      const image = await store.putImage(await putFile('bytes'))
      const before = shop.count('update')
      shop.script = ({ isWrite }) => (isWrite && shop.count('update') === before ? { kind: 'lose' } : null)
      const images = { gallery: [{ imageId: image.id, originalUrl: 'u' }], variants: {} }

      assert.equal(await store.setImages(writer, id, images), 'changed')
      assert.equal(await store.setImages(writer, id, images), 'unchanged')

      assert.equal(shop.count('update'), before + 1)
      assert.deepEqual(shop.state.products.get(Number(id))?.images, [Number(image.id)])
    })
  })
})
