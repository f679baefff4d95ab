import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ImageRules } from '../../../src/core/images/image-rules.js'
import { type ImagePhase, withImagePhase } from './image-phase.js'
import { jpeg } from './pictures.js'

/** A product that was given three images, of which the feed then names the first only. */
async function afterTwoVanished(
  rules: Partial<ImageRules>,
  body: (phase: ImagePhase, urls: readonly [string, string, string]) => Promise<void>,
  between: (phase: ImagePhase) => Promise<void> = async () => {},
): Promise<void> {
  await withImagePhase(async (phase) => {
    const { server, add, run } = phase
    for (const number of [1, 2, 3]) server.serve(`/${number}.jpg`, await jpeg(number))
    const urls = ['/1.jpg', '/2.jpg', '/3.jpg'].map(server.url) as [string, string, string]
    await add({ key: 'p', images: urls.map((url) => ({ url })), variants: [] })
    await run({ rules })
    await between(phase)
    await add({ key: 'p', images: [{ url: urls[0] }], variants: [] })
    await run({ rules })
    await body(phase, urls)
  })
}

/** What a person does in the shop: adds an image at the end of the product's. */
async function attachByHand({ dir, store, storeId }: ImagePhase, originalUrl: string): Promise<void> {
  // The store takes the file away.
  const path = join(dir, 'by-hand.jpg')
  await writeFile(path, 'bytes')
  const put = { sha256: 'f'.repeat(64), path, extension: 'jpg', width: 1, height: 1, bytes: 5 }
  const facts = { perceptualHash: null, recipe: 1 }
  const { id } = await store.putImage({ ...put, ...facts, originalUrl })
  const { gallery } = await store.imagesOf(storeId('p'))
  const links = gallery.map((image) => ({ imageId: image.id, originalUrl: image.originalUrl ?? image.url }))
  const images = { gallery: [...links, { imageId: id, originalUrl }], variants: {} }
  await store.setImages({ jobId: 1, token: 1 }, storeId('p'), images)
}

describe('an image that the feed does not name any more', () => {
  it('stays by default', () =>
    afterTwoVanished({}, async ({ gallery }, urls) => {
      assert.deepEqual(await gallery('p'), urls)
    }))

  it('is not shown any more with "detach", and stays in the shop', () =>
    afterTwoVanished({ removed: 'detach' }, async ({ gallery, ledger, store, server }, urls) => {
      assert.deepEqual(await gallery('p'), [urls[0]])
      const known = await ledger.images.findByUrl(urls)
      assert.equal(known.size, 3)
      assert.equal((await store.hasImages([...known.values()].map(({ storeId }) => storeId))).size, 3)
      assert.equal(server.requests(), 3)
    }))

  it('is deleted with "delete", and fetched again when it returns', () =>
    afterTwoVanished({ removed: 'delete' }, async ({ gallery, ledger, server, add, run }, urls) => {
      assert.deepEqual(await gallery('p'), [urls[0]])
      assert.deepEqual([...(await ledger.images.findByUrl(urls)).keys()], [urls[0]])

      await add({ key: 'p', images: urls.map((url) => ({ url })), variants: [] })
      await run({ rules: { removed: 'delete' } })
      assert.deepEqual(await gallery('p'), urls)
      assert.equal(server.requests(), 5)
    }))

  it('is not deleted while another product shows it', () =>
    afterTwoVanished(
      { removed: 'delete' },
      async ({ gallery, ledger }, urls) => {
        assert.deepEqual(await gallery('p'), [urls[0]])
        assert.deepEqual(await gallery('q'), [urls[1]])
        assert.deepEqual([...(await ledger.images.findByUrl(urls)).keys()], [urls[0], urls[1]])
      },
      async ({ add, run, server }) => {
        await add({ key: 'q', images: [{ url: server.url('/2.jpg') }], variants: [] })
        await run()
      },
    ))

  for (const originalUrl of ['by hand', 'https://another.example/feed/5.jpg']) {
    it(`stays when it came from elsewhere: ${originalUrl}`, () =>
      afterTwoVanished(
        { removed: 'delete' },
        async ({ gallery }, urls) => assert.deepEqual(await gallery('p'), [urls[0], originalUrl]),
        (phase) => attachByHand(phase, originalUrl),
      ))
  }

  it('stays while something that the feed does name cannot be had', () =>
    withImagePhase(async ({ server, add, run, gallery }) => {
      server.serve('/old.jpg', await jpeg(1))
      const [old, next] = [server.url('/old.jpg'), server.url('/next.jpg')]
      const rules = { removed: 'detach' } as const
      await add({ key: 'p', images: [{ url: old }], variants: [] })
      await run({ rules })
      await add({ key: 'p', images: [{ url: next }], variants: [] })
      await run({ rules })
      assert.deepEqual(await gallery('p'), [old])

      server.serve('/next.jpg', await jpeg(2))
      await run({ rules, retryFailed: true })
      assert.deepEqual(await gallery('p'), [next])
    }))

  it('goes when the feed names none, and stays when the feed says nothing about images', () =>
    withImagePhase(async ({ server, add, run, gallery }) => {
      server.serve('/1.jpg', await jpeg(1))
      const rules = { removed: 'detach' } as const
      await add({ key: 'p', images: [{ url: server.url('/1.jpg') }], variants: [] })
      await run({ rules })

      await add({ key: 'p', variants: [] })
      await run({ rules })
      assert.deepEqual(await gallery('p'), [server.url('/1.jpg')])

      await add({ key: 'p', images: [], variants: [] })
      await run({ rules })
      assert.deepEqual(await gallery('p'), [])
    }))

  it('goes from a variant too', () =>
    withImagePhase(async ({ server, store, storeId, add, run }) => {
      for (const number of [1, 2]) server.serve(`/${number}.jpg`, await jpeg(number))
      const rules = { removed: 'detach' } as const
      const variant = (image: { readonly url: string } | null) => ({
        key: 'red',
        options: [['Color', 'red']] as const,
        image,
      })
      const images = [{ url: server.url('/1.jpg') }]
      await add({ key: 'p', images, variants: [variant({ url: server.url('/2.jpg') })] })
      await run({ rules })
      assert.equal((await store.imagesOf(storeId('p'))).variants.size, 1)

      await add({ key: 'p', images, variants: [variant(null)] })
      await run({ rules })

      const now = await store.imagesOf(storeId('p'))
      assert.deepEqual([now.gallery.length, now.variants.size], [1, 0])
    }))
})
