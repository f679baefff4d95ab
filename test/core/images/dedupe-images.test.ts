import assert from 'node:assert/strict'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { auditImages } from '../../../src/core/images/audit-images.js'
import { type DedupePorts, dedupeImages, planDedupe, undoDedupe } from '../../../src/core/images/dedupe-images.js'
import { looksHere } from '../../../src/core/images/look.js'
import { chooseMerges, type Merge } from '../../../src/core/images/merge-images.js'
import type { StoreId } from '../../../src/core/store/store.js'
import { type ImageShop, packshot, withImageShop } from './image-shop.js'

const { signal } = new AbortController()

function portsOf({ store, library, clock, dir }: ImageShop, jobId = 5): DedupePorts {
  return { store, library, writer: { jobId, token: jobId }, clock, signal, stateDir: dir, assertLease: async () => {} }
}

async function mergesOf(shop: ImageShop, near: readonly StoreId[] = []): Promise<readonly Merge[]> {
  return chooseMerges(await auditImages({ store: shop.store, library: shop.library, looks: looksHere, signal }), near)
}

/** Images of a product with their addresses and texts. */
async function seen({ store }: ImageShop, productId: StoreId) {
  return (await store.imagesOf(productId)).gallery.map(({ id, originalUrl, alt }) => [id, originalUrl, alt])
}

interface Twice {
  readonly shop: ImageShop
  readonly keep: StoreId
  readonly spare: StoreId
  readonly p: StoreId
  readonly q: StoreId
}

/** One picture under two ids: `p` shows the one, `q` both and another, `r` the one again. */
async function withTwice(body: (twice: Twice) => Promise<void>): Promise<void> {
  await withImageShop(async (shop) => {
    const keep = await shop.put('keep', packshot(1))
    const spare = await shop.put('spare', packshot(1))
    const other = await shop.put('other', packshot(2))
    await shop.show('r', keep)
    const p = await shop.show('p', keep)
    const q = await shop.show('q', other, spare, keep)
    await body({ shop, keep, spare, p, q })
  })
}

describe('merging duplicates', () => {
  it('changes nothing when it only looks', () =>
    withTwice(async ({ shop, spare, q }) => {
      const before = await seen(shop, q)

      const planned = await planDedupe(await mergesOf(shop), { store: shop.store, signal })

      assert.deepEqual(
        planned.map(({ id }) => id),
        [q],
      )
      assert.deepEqual(await seen(shop, q), before)
      assert.equal((await shop.library.findByUrl(['spare'])).get('spare')?.storeId, spare)
    }))

  it('shows one image instead of its copies, each once, with the address and text of its first place', () =>
    withTwice(async ({ shop, keep, spare, p, q }) => {
      const untouched = await seen(shop, p)

      const report = await dedupeImages(await mergesOf(shop), { remove: false }, portsOf(shop))

      assert.deepEqual([report.products, report.spare, report.removed], [1, 1, 0])
      assert.deepEqual((await seen(shop, q)).slice(1), [[keep, 'q-1', 'q 1']])
      assert.deepEqual(await seen(shop, p), untouched)
      assert.equal((await shop.library.findByUrl(['spare'])).get('spare')?.storeId, keep)
      assert.ok((await shop.store.hasImages([spare])).has(spare))
      assert.deepEqual(
        await mergesOf(shop).then((merges) => merges.flatMap((merge) => merge.spare.flatMap(({ uses }) => uses))),
        [],
      )
    }))

  it('can be taken back, deleted images too, by an undo file written before anything was changed', () =>
    withTwice(async ({ shop, spare, q }) => {
      const before = await seen(shop, q)
      const { removed, undoFile } = await dedupeImages(await mergesOf(shop), { remove: true }, portsOf(shop))
      assert.deepEqual([removed, (await shop.store.hasImages([spare])).size], [1, 0])

      const first = await undoDedupe(undoFile, portsOf(shop, 6))
      const again = await undoDedupe(undoFile, portsOf(shop, 7))

      const back = (await shop.library.findByUrl(['spare'])).get('spare')?.storeId
      assert.deepEqual([first, again.products], [{ products: 1, skipped: 0, restored: 1 }, 0])
      assert.deepEqual(
        await seen(shop, q),
        before.map(([id, ...rest]) => [id === spare ? back : id, ...rest]),
      )
      assert.ok(back !== undefined && (await shop.store.hasImages([back])).has(back))
    }))

  it('leaves a product alone that was changed since, and says so', () =>
    withTwice(async ({ shop, keep, q }) => {
      const { undoFile } = await dedupeImages(await mergesOf(shop), { remove: false }, portsOf(shop))
      const now = { gallery: [{ imageId: keep, originalUrl: 'by hand' }], variants: {} }
      await shop.store.setImages({ jobId: 6, token: 6 }, q, now)

      const report = await undoDedupe(undoFile, portsOf(shop, 7))

      assert.deepEqual(report, { products: 0, skipped: 1, restored: 0 })
      assert.deepEqual(await seen(shop, q), [[keep, 'by hand', undefined]])
    }))

  it('can be taken back when it was stopped half-way', () =>
    withTwice(async ({ shop, q }) => {
      const before = await seen(shop, q)
      const broken = {
        ...portsOf(shop),
        assertLease: async () => {
          throw new Error('stopped')
        },
      }
      await assert.rejects(dedupeImages(await mergesOf(shop), { remove: true }, broken), /stopped/)

      await undoDedupe(join(shop.dir, 'undo', 'dedupe-5.json'), portsOf(shop, 6))

      assert.deepEqual(await seen(shop, q), before)
    }))

  it('takes near duplicates only when one of them is named', () =>
    withImageShop(async (shop) => {
      const large = await shop.put('large', packshot(1, { hue: 120 }))
      const small = await shop.put('small', packshot(1, { hue: 120, size: 150 }))
      const p = await shop.show('p', small)

      assert.deepEqual(await mergesOf(shop), [])
      await dedupeImages(await mergesOf(shop, [small, large]), { remove: false }, portsOf(shop))

      assert.deepEqual(await seen(shop, p), [[large, 'p-0', 'p 0']])
      await assert.rejects(mergesOf(shop, ['4711']), { kind: 'usage', message: /4711/ })
    }))

  it('refuses a file that is no undo file, and one of another store', () =>
    withTwice(async ({ shop }) => {
      const { undoFile } = await dedupeImages(await mergesOf(shop), { remove: false }, portsOf(shop))
      const none = join(shop.dir, 'none.json')
      await writeFile(none, '{"what": "something else"}')

      await assert.rejects(undoDedupe(none, portsOf(shop)), { kind: 'usage' })
      await assert.rejects(undoDedupe(`${none}.not`, portsOf(shop)), { kind: 'usage', message: /no such undo file/ })
      await withImageShop(async (other) => {
        await assert.rejects(undoDedupe(undoFile, portsOf(other)), { kind: 'usage', message: /another store/ })
      })
      assert.deepEqual(await readdir(join(shop.dir, 'undo')), ['dedupe-5.json'])
    }))
})
