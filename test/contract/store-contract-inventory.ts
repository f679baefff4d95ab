import assert from 'node:assert/strict'
import type { StoredImage, StoreId } from '../../src/core/store/store.js'
import type { WithStore } from './store-contract.js'
import { type Abilities, batchOf, idOf, product, variable, variant } from './store-fixture.js'

const writer = { jobId: 1, token: 1 }

export function inventoryContract(withStore: WithStore, can: Abilities): void {
  describe('the inventory of images', () => {
    it(
      'lists every image page by page, with its form and all places that show it',
      withStore(async ({ store, putFile }) => {
        const p = await idOf(store, variable('p', [variant('S', { sku: 'p-s' }), variant('M')]))
        const q = await idOf(store, product('q'))
        const shared = await store.putImage(await putFile('shared'))
        const second = await store.putImage(await putFile('second one'))
        await store.putImage(await putFile('third'))
        const link = { imageId: shared.id, originalUrl: 'u1', alt: 'Text' }
        await store.setImages(writer, p, {
          gallery: [{ imageId: second.id, originalUrl: 'u2' }, link],
          variants: { S: { imageId: shared.id, originalUrl: 'u3' } },
        })
        await store.setImages(writer, q, { gallery: [link], variants: {} })

        const listed: StoredImage[] = []
        for (let after: StoreId | null = null; ; after = listed.at(-1)?.id ?? null) {
          const page: readonly StoredImage[] = await store.listImages({ size: 2, after })
          listed.push(...page)
          if (page.length === 0) break
        }

        assert.deepEqual(
          listed.map(({ id, sha256 }) => [id, sha256]),
          [shared, second, listed[2]].map((image) => [image?.id, image?.sha256]),
        )
        const [first] = listed
        assert.deepEqual(
          first?.uses.map((use) => [use.productId, use.name, use.variant, use.position, use.originalUrl, use.sku]),
          [
            [p, 'Product p', null, 1, 'u1', 'p'],
            [p, 'Product p', 'S', 0, 'u3', 'p-s'],
            [q, 'Product q', null, 0, 'u1', 'q'],
          ],
        )
        assert.deepEqual([first?.uses[0]?.wholesaler, first?.present], ['aren', true])
        const form = [first?.extension, first?.width, first?.height, first?.bytes]
        if (can.exchangeImages) assert.deepEqual(form, ['jpg', 10, 10, 6])
        assert.deepEqual(listed[2]?.uses, [])
      }),
    )

    it(
      'shows the text beside an image where it is shown',
      withStore(async ({ store, putFile }) => {
        const id = await idOf(store, product('a'))
        const image = await store.putImage(await putFile('1'))
        await store.setImages(writer, id, {
          gallery: [{ imageId: image.id, originalUrl: 'u', alt: 'Front' }],
          variants: {},
        })

        assert.equal((await store.imagesOf(id)).gallery[0]?.alt, 'Front')
        assert.equal('alt' in image, false)
      }),
    )

    it(
      'gives the bytes of an image, and says when they are gone',
      withStore(async ({ store, putFile, loseImage }) => {
        const image = await store.putImage(await putFile('bytes'))

        const read = await store.readImage(image.id)
        await loseImage(image.id)
        const [lost] = await store.listImages({ size: 9, after: null })

        assert.match(read?.toString() ?? '', /bytes$/)
        assert.deepEqual([await store.readImage(image.id), await store.readImage('4711')], [null, null])
        assert.deepEqual([lost?.id, lost?.present], can.exchangeImages ? [image.id, false] : [undefined, undefined])
      }),
    )

    if (can.exchangeImages)
      it(
        'exchanges the form of an image wherever it is shown',
        withStore(async ({ store, putFile }) => {
          const id = await idOf(store, product('a'))
          const { sha256, ...image } = await store.putImage(await putFile('old form'))
          await store.setImages(writer, id, { gallery: [{ imageId: image.id, originalUrl: 'u' }], variants: {} })

          const form = {
            ...(await putFile('newer form')),
            sha256: sha256 ?? '',
            extension: 'webp',
            width: 7,
            height: 9,
          }
          const replaced = await store.replaceImage(writer, image.id, form)

          const [listed, ...more] = await store.listImages({ size: 9, after: null })
          assert.deepEqual([listed?.id, more], [replaced?.id, []])
          assert.deepEqual(
            [listed?.sha256, listed?.extension, listed?.width, listed?.height, listed?.bytes, listed?.present],
            [sha256, 'webp', 7, 9, 'newer form'.length, true],
          )
          assert.equal((await store.readImage(replaced?.id ?? ''))?.toString(), 'newer form')
          assert.equal((await store.imagesOf(id)).gallery[0]?.id, replaced?.id)
          assert.equal(await store.replaceImage(writer, '4711', await putFile('x')), null)
          assert.deepEqual(await store.strayFiles(), [])
        }),
      )

    it(
      'deletes only images that nothing shows, with their files',
      withStore(async ({ store, putFile }) => {
        const id = await idOf(store, product('a'))
        const used = await store.putImage(await putFile('used'))
        const unused = await store.putImage(await putFile('unused'))
        await store.setImages(writer, id, { gallery: [{ imageId: used.id, originalUrl: 'u' }], variants: {} })

        const removed = await store.removeImages(writer, [used.id, unused.id, '4711'])

        assert.deepEqual(removed, [unused.id])
        assert.deepEqual(
          (await store.listImages({ size: 9, after: null })).map((image) => image.id),
          [used.id],
        )
        assert.equal(await store.readImage(unused.id), null)
        assert.deepEqual(await store.strayFiles(), [])
      }),
    )

    if (can.fence)
      it(
        'is changed by the newest owner of a job only',
        withStore(async ({ store, putFile }) => {
          const image = await store.putImage(await putFile('1'))
          await store.apply(batchOf([], { jobId: 7, token: 4 }))
          const late = { jobId: 7, token: 3 }

          await assert.rejects(store.removeImages(late, [image.id]), { kind: 'lease_lost' })
          await assert.rejects(store.replaceImage(late, image.id, await putFile('2')), { kind: 'lease_lost' })

          assert.equal((await store.readImage(image.id))?.toString(), '1')
        }),
      )
  })
}
