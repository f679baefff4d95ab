import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { decodeHere } from '../../../src/core/images/decode.js'
import type { Download } from '../../../src/core/images/download.js'
import { imageProblem } from '../../../src/core/images/image.js'
import { RECIPE_VERSION } from '../../../src/core/images/recipe.js'
import { type ReprocessChoice, reprocessImages } from '../../../src/core/images/reprocess-images.js'
import { type ImageShop, packshot, withImageShop } from './image-shop.js'

const stale: ReprocessChoice = { only: null, all: false }

interface Reprocessing {
  readonly shop: ImageShop
  /** What is behind an address now; left out: 404. */
  readonly behind: Map<string, Buffer>
  readonly asked: string[]
  run(choice?: ReprocessChoice, dryRun?: boolean): ReturnType<typeof reprocessImages>
  /** Puts an image in as an older release processed it, and its original behind its address. */
  put(url: string, number: number): Promise<{ readonly id: string; readonly sha256: string }>
}

async function withReprocessing(body: (reprocessing: Reprocessing) => Promise<void>): Promise<void> {
  await withImageShop(async (shop) => {
    const behind = new Map<string, Buffer>()
    const asked: string[] = []
    const download: Download = async (address) => {
      asked.push(address.key)
      const content = behind.get(address.key)
      if (content === undefined) return imageProblem('http_404', 'the server answered with status 404')
      const sha256 = createHash('sha256').update(content).digest('hex')
      const validators = { etag: null, lastModified: null }
      return { ok: true, sha256, bytes: content.length, content, dispose: async () => {}, validators }
    }
    await body({
      shop,
      behind,
      asked,
      run: (choice = stale, dryRun = false) =>
        reprocessImages(
          choice,
          { dryRun },
          {
            store: shop.store,
            library: shop.library,
            download,
            decode: decodeHere,
            writer: { jobId: 5, token: 5 },
            tmpDir: shop.dir,
            folders: [],
            signal: new AbortController().signal,
          },
        ),
      async put(url, number) {
        const original = await packshot(number, { size: 3000 }).png().toBuffer()
        const id = await shop.put(url, packshot(number, { size: 40 }), original)
        const sha256 = createHash('sha256').update(original).digest('hex')
        behind.set(url, original)
        await shop.library.describe(sha256, { recipe: 0 })
        return { id, sha256 }
      },
    })
  })
}

describe('reprocessImages', () => {
  it('replaces what an older recipe made, wherever it is shown, and nothing twice', () =>
    withReprocessing(async ({ shop, asked, run, put }) => {
      const { id, sha256 } = await put('https://e.com/1.png', 1)
      const product = await shop.show('p', id)

      const first = await run()
      const again = await run()

      assert.deepEqual([first.chosen, first.replaced, again.chosen, asked.length], [1, 1, 0, 1])
      const known = await shop.library.findByHash(sha256)
      assert.deepEqual([known?.width, known?.recipe, known?.storeId], [2048, RECIPE_VERSION, id])
      const [listed] = await shop.store.listImages({ size: 1, after: null })
      assert.deepEqual([listed?.width, listed?.uses[0]?.productId], [2048, product])
    }))

  it('counts only when it is dry', () =>
    withReprocessing(async ({ shop, asked, run, put }) => {
      await put('https://e.com/1.png', 1)

      const { chosen, replaced } = await run(stale, true)

      const [listed] = await shop.store.listImages({ size: 1, after: null })
      assert.deepEqual([chosen, replaced, asked.length, listed?.width], [1, 0, 0, 40])
    }))

  it('leaves an image alone whose address has another picture now, or none', () =>
    withReprocessing(async ({ shop, behind, run, put }) => {
      await put('https://e.com/1.png', 1)
      const gone = await put('https://e.com/2.png', 2)
      behind.set('https://e.com/1.png', await packshot(9).png().toBuffer())
      behind.delete('https://e.com/2.png')

      const { replaced, changed, failed } = await run()

      assert.deepEqual([replaced, changed], [0, 1])
      assert.deepEqual(failed, [
        { imageId: gone.id, url: 'https://e.com/2.png', reason: 'the server answered with status 404' },
      ])
      for (const { width } of await shop.store.listImages({ size: 9, after: null })) assert.equal(width, 40)
    }))

  it('takes the images that are named, whatever made them, when told to', () =>
    withReprocessing(async ({ run, put }) => {
      const one = await put('https://e.com/1.png', 1)
      await put('https://e.com/2.png', 2)
      await run()

      const { chosen, replaced } = await run({ only: new Set([one.id]), all: true })

      assert.deepEqual([chosen, replaced], [1, 1])
    }))
})
