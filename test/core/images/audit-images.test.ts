import assert from 'node:assert/strict'
import sharp from 'sharp'
import { type AuditPorts, auditImages, auditOf, type DuplicateGroup } from '../../../src/core/images/audit-images.js'
import { looksHere } from '../../../src/core/images/look.js'
import { rebuildLibrary } from '../../../src/core/images/rebuild-library.js'
import { MemoryImageLibrary } from '../../../src/core/ledger/memory-image-library.js'
import { type ImageShop, packshot, withImageShop } from './image-shop.js'

const { signal } = new AbortController()

const portsOf = ({ store, library }: ImageShop): AuditPorts => ({ store, library, looks: looksHere, signal })
const ids = (images: readonly { readonly id: string }[]) => images.map(({ id }) => id)
const groups = (found: readonly DuplicateGroup[]) => found.map(({ images }) => ids(images))

describe('auditImages', () => {
  it('finds images that are the same bytes, downloaded or shown, and keeps the one that is shown most', () =>
    withImageShop(async (shop) => {
      const a = await shop.put('a', packshot(1))
      const b = await shop.put('b', packshot(1))
      const c = await shop.put('c', packshot(2))
      await shop.show('p', a)
      await shop.show('q', b, c)
      await shop.show('r', b)

      const { exact, near } = await auditImages(portsOf(shop))

      assert.deepEqual([groups(exact), groups(near)], [[[b, a]], []])
    }))

  it('finds the same picture in another size and quality, and neither another colour nor another thing', () =>
    withImageShop(async (shop) => {
      const large = await shop.put('large', packshot(1, { hue: 120 }))
      const small = await shop.put('small', packshot(1, { hue: 120, size: 140 }))
      await shop.put('blue', packshot(1, { hue: 240 }))
      await shop.put('other', packshot(2, { hue: 120 }))
      await shop.put('cropped', packshot(1, { hue: 120 }).extract({ left: 0, top: 0, width: 300, height: 240 }))
      await shop.show('p', small)

      const { exact, near } = await auditImages(portsOf(shop))

      assert.deepEqual([groups(exact), groups(near)], [[], [[large, small]]])
    }))

  it('keeps the better of two near duplicates of one size', () =>
    withImageShop(async (shop) => {
      const poor = await shop.put('poor', sharp(await packshot(1).jpeg({ quality: 30 }).toBuffer()))
      const good = await shop.put('good', packshot(1))
      await shop.show('p', poor)

      const audit = await auditImages(portsOf(shop))
      const bytes = (id: string) => audit.all.find((image) => image.id === id)?.bytes ?? 0

      const [better, worse] = bytes(good) > bytes(poor) ? [good, poor] : [poor, good]
      assert.deepEqual(groups(audit.near), [[better, worse]])
    }))

  it('tells what nobody shows, what is gone, what is damaged and what is too large', () =>
    withImageShop(async (shop) => {
      const [orphan, lost, damaged, large] = [
        await shop.put('orphan', packshot(1)),
        await shop.put('lost', packshot(2)),
        await shop.put('damaged', packshot(3)),
        await shop.put('large', packshot(4, { size: 2100 })),
      ]
      await shop.show('p', lost, damaged, large)
      shop.store.loseImage(lost)
      const store = {
        listImages: shop.store.listImages.bind(shop.store),
        strayFiles: async () => [{ url: 'x.tmp', bytes: 7 }],
        readImage: async (id: string) => (id === damaged ? Buffer.from('no picture') : shop.store.readImage(id)),
      }
      const library = new MemoryImageLibrary(shop.clock)

      const audit = await auditImages({ store, library, looks: looksHere, signal })

      assert.deepEqual(
        [
          audit.images,
          audit.products,
          ids(audit.orphans),
          ids(audit.missing),
          ids(audit.damaged),
          ids(audit.oversized),
        ],
        [4, 1, [orphan], [lost], [damaged], [large]],
      )
      assert.deepEqual([audit.stray.length, audit.unknown], [1, 4])
    }))

  it('shows of one product only what concerns it', () =>
    withImageShop(async (shop) => {
      const [a, b] = [await shop.put('a', packshot(1)), await shop.put('b', packshot(1))]
      const [c, d] = [await shop.put('c', packshot(2)), await shop.put('d', packshot(2))]
      const p = await shop.show('p', a)
      await shop.show('q', b, c, d)
      await shop.put('orphan', packshot(3))

      const audit = auditOf(await auditImages(portsOf(shop)), p)

      assert.deepEqual([groups(audit.exact), audit.images, audit.orphans, audit.products], [[[a, b]], 1, [], 1])
    }))

  it('remembers in the library what an image looks like, and asks no file twice', () =>
    withImageShop(async (shop) => {
      await shop.put('a', packshot(1))
      const [entry] = await shop.library.entries({ size: 1, after: null })
      await shop.library.describe(entry?.sha256 ?? '', { perceptualHash: null })
      let reads = 0
      const store = {
        listImages: shop.store.listImages.bind(shop.store),
        strayFiles: async () => [],
        readImage: async (id: string) => {
          reads += 1
          return shop.store.readImage(id)
        },
      }

      await auditImages({ store, library: shop.library, looks: looksHere, signal })
      await auditImages({ store, library: shop.library, looks: looksHere, signal })

      const [after] = await shop.library.entries({ size: 1, after: null })
      assert.deepEqual([after?.perceptualHash, reads], [entry?.perceptualHash, 1])
    }))
})

describe('rebuildLibrary', () => {
  it('knows again what the store has, by every address that it was shown under', () =>
    withImageShop(async (shop) => {
      const a = await shop.put('https://e.com/a.jpg#x', packshot(1))
      const lost = await shop.put('https://e.com/lost.jpg', packshot(2))
      await shop.show('p', a)
      shop.store.loseImage(lost)
      const library = new MemoryImageLibrary(shop.clock)
      const ports = {
        store: shop.store,
        library,
        looks: looksHere,
        signal,
        baseOf: async () => ({ folders: ['/feeds'], url: null }),
      }

      const first = await rebuildLibrary(ports)
      const again = await rebuildLibrary(ports)

      const found = await library.findByUrl(['https://e.com/a.jpg', '/feeds/p-0', 'https://e.com/lost.jpg'])
      assert.deepEqual(
        [first, again],
        [
          { images: 1, urls: 2, skipped: 1 },
          { images: 0, urls: 0, skipped: 1 },
        ],
      )
      assert.deepEqual(
        [...found].map(([url, { storeId, recipe }]) => [url, storeId, recipe]),
        [
          ['https://e.com/a.jpg', a, 0],
          ['/feeds/p-0', a, 0],
        ],
      )
      const [before] = await shop.library.entries({ size: 1, after: null })
      const [rebuilt] = await library.entries({ size: 1, after: null })
      assert.equal(rebuilt?.perceptualHash, before?.perceptualHash)
    }))

  it('leaves local paths out while nobody knows what they are relative to', () =>
    withImageShop(async (shop) => {
      await shop.show('p', await shop.put('pictures/a.jpg', packshot(1)))
      const library = new MemoryImageLibrary(shop.clock)

      const report = await rebuildLibrary({
        store: shop.store,
        library,
        looks: looksHere,
        signal,
        baseOf: async () => null,
      })

      assert.deepEqual(report, { images: 1, urls: 0, skipped: 0 })
    }))
})
