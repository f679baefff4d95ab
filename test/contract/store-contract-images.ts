import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import type { ImageAttachment, ProductImages, StoreImage } from '../../src/core/store/store.js'
import type { WithStore } from './store-contract.js'
import { type Abilities, applyOne, batchOf, idOf, item, product, variable, variant } from './store-fixture.js'

const writer = { jobId: 1, token: 1 }

function attachment(image: StoreImage, originalUrl: string, alt?: string): ImageAttachment {
  return { imageId: image.id, originalUrl, ...(alt === undefined ? {} : { alt }) }
}

function galleryOf(...gallery: readonly ImageAttachment[]): ProductImages {
  return { gallery, variants: {} }
}

export function imageContract(withStore: WithStore, can: Abilities): void {
  describe('images', () => {
    it(
      'I9: are stored once, whatever they are called',
      withStore(async ({ store, putFile }) => {
        const first = await store.putImage({ ...(await putFile('bytes')), originalUrl: 'https://a.example/1.jpg' })

        const again = await store.putImage({ ...(await putFile('bytes')), originalUrl: 'https://b.example/2.jpg' })
        const other = await store.putImage(await putFile('other bytes'))

        assert.equal(again.id, first.id)
        assert.notEqual(other.id, first.id)
        assert.deepEqual(await store.hasImages([first.id, other.id, '4711', 'x']), new Set([first.id, other.id]))
      }),
    )

    it(
      'takes their files away, also of what it has already',
      withStore(async ({ store, putFile }) => {
        const first = await putFile('bytes')
        await store.putImage(first)
        const again = await putFile('bytes')
        await store.putImage(again)

        assert.deepEqual([existsSync(first.path), existsSync(again.path)], [false, false])
      }),
    )

    it(
      'I17: may be put twice at once',
      withStore(async ({ store, putFile }) => {
        const files = [await putFile('bytes'), await putFile('bytes'), await putFile('bytes')]

        const images = await Promise.all(files.map((file) => store.putImage(file)))

        assert.equal(new Set(images.map(({ id }) => id)).size, 1)
      }),
    )

    it(
      'stand at a product in their order with the address each came from',
      withStore(async ({ store, putFile }) => {
        const id = await idOf(store, product('a'))
        const [one, two] = [await store.putImage(await putFile('1')), await store.putImage(await putFile('2'))]

        const changed = await store.setImages(
          writer,
          id,
          galleryOf(attachment(two, 'u2'), attachment(one, 'u1', 'Alt')),
        )

        const { gallery, variants } = await store.imagesOf(id)
        assert.equal(changed, 'changed')
        assert.deepEqual(
          gallery.map((image) => [image.id, image.originalUrl]),
          [
            [two.id, 'u2'],
            [one.id, 'u1'],
          ],
        )
        assert.equal(variants.size, 0)
      }),
    )

    it(
      'are written only when they differ: one more, one less, another order, address or text',
      withStore(async ({ store, putFile }) => {
        const id = await idOf(store, product('a'))
        const [one, two] = [await store.putImage(await putFile('1')), await store.putImage(await putFile('2'))]
        const [a, b] = [attachment(one, 'u1'), attachment(two, 'u2')]
        const set = (...gallery: ImageAttachment[]) => store.setImages(writer, id, galleryOf(...gallery))
        const answers: string[] = []

        for (const gallery of [[a, b], [a, b], [b, a], [b], [{ ...b, alt: 'Alt' }], [{ ...b, alt: 'Alt' }], []]) {
          answers.push(await set(...gallery))
        }

        const [yes, no] = ['changed', 'unchanged']
        assert.deepEqual(answers, [yes, no, yes, yes, yes, no, yes])
        assert.deepEqual((await store.imagesOf(id)).gallery, [])
      }),
    )

    it(
      'stand in a gallery once',
      withStore(async ({ store, putFile }) => {
        const id = await idOf(store, product('a'))
        const image = await store.putImage(await putFile('1'))
        const other = await store.putImage(await putFile('2'))

        const gallery = [attachment(image, 'u1'), attachment(other, 'u2'), attachment(image, 'u3')]
        await store.setImages(writer, id, galleryOf(...gallery))

        assert.deepEqual(
          (await store.imagesOf(id)).gallery.map(({ originalUrl }) => originalUrl),
          ['u1', 'u2'],
        )
      }),
    )

    it(
      'may be shared by products and variants, one each for a variant',
      withStore(async ({ store, putFile }) => {
        const variants = [variant('S'), variant('M'), variant('__proto__')]
        const ids = [await idOf(store, variable('p', variants)), await idOf(store, product('q'))]
        const image = await store.putImage(await putFile('1'))
        const link = attachment(image, 'u')
        const ofVariants = Object.fromEntries([
          ['S', link],
          ['__proto__', link],
          ['unknown', link],
        ])

        const [p = '', q = ''] = ids
        await store.setImages(writer, p, { gallery: [link], variants: ofVariants })
        await store.setImages(writer, q, galleryOf(link))

        const seen = await store.imagesOf(p)
        assert.deepEqual([...seen.variants.keys()], ['S', '__proto__'])
        assert.equal(seen.variants.get('S')?.id, image.id)
        assert.equal(await store.setImages(writer, p, { gallery: [link], variants: {} }), 'changed')
        assert.equal((await store.imagesOf(p)).variants.size, 0)
        assert.equal((await store.imagesOf(q)).gallery.length, 1)
      }),
    )

    it(
      'stay with a product that is updated, and with its variants',
      withStore(async ({ store, putFile }) => {
        const id = await idOf(store, variable('p', [variant('S'), variant('M')]))
        const image = await store.putImage(await putFile('1'))
        const link = attachment(image, 'u')
        await store.setImages(writer, id, { gallery: [link], variants: { S: link } })

        await idOf(store, variable('p', [variant('M'), variant('S')], { name: 'Other' }))

        const seen = await store.imagesOf(id)
        assert.equal(seen.gallery.length, 1)
        assert.deepEqual([...seen.variants.keys()], ['S'])
      }),
    )

    if (can.fence) {
      it(
        'are refused from a writer whose job was taken over',
        withStore(async ({ store, putFile }) => {
          const id = await idOf(store, product('a'), { jobId: 7, token: 3 })
          const image = await store.putImage(await putFile('1'))
          await store.apply(batchOf([], { jobId: 7, token: 4 }))

          const stale = store.setImages({ jobId: 7, token: 3 }, id, galleryOf(attachment(image, 'u')))

          await assert.rejects(stale, { kind: 'lease_lost' })
          assert.deepEqual((await store.imagesOf(id)).gallery, [])
        }),
      )
    }

    it(
      'that are gone are noticed, and come back under the same or a new id',
      withStore(async ({ store, putFile, loseImage }) => {
        const one = product('a')
        const id = await idOf(store, one)
        const image = await store.putImage(await putFile('1'))
        await store.setImages(writer, id, galleryOf(attachment(image, 'u')))
        const expected = { ...item(one), storeId: id }

        await loseImage(image.id)
        const [lost] = await store.verify([expected])
        const missing = await store.hasImages([image.id])
        const healed = await store.putImage(await putFile('1'))
        await store.setImages(writer, id, galleryOf(attachment(healed, 'u')))

        assert.deepEqual(lost, { exists: true, asImported: true, imagesPresent: false })
        assert.equal(missing.size, 0)
        assert.equal((await store.hasImages([healed.id])).size, 1)
        assert.equal((await store.verify([expected]))[0]?.imagesPresent, true)
      }),
    )

    it(
      'that the store does not have cannot be attached',
      withStore(async ({ store }) => {
        const id = await idOf(store, product('a'))

        await assert.rejects(store.setImages(writer, id, galleryOf({ imageId: '4711', originalUrl: 'u' })))
      }),
    )

    it(
      'of a product that is gone are none, and setting them says so',
      withStore(async ({ store, putFile }) => {
        const image = await store.putImage(await putFile('1'))

        assert.equal(await store.setImages(writer, '4711', galleryOf(attachment(image, 'u'))), 'gone')
        assert.deepEqual(await store.imagesOf('4711'), { gallery: [], variants: new Map() })
      }),
    )

    it(
      'named anew by the feed do not make a product a changed one',
      withStore(async ({ store }) => {
        await idOf(store, product('a', { images: [{ url: 'u1' }] }))

        assert.equal((await applyOne(store, product('a', { images: [{ url: 'u2' }] }))).outcome, 'unchanged')
      }),
    )
  })
}
