/** A store in memory with real pictures in it, and the library that an import would have made. */
import { createHash, randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp, { type Sharp } from 'sharp'
import { perceptualHash } from '../../../src/core/images/perceptual-hash.js'
import { MemoryImageLibrary } from '../../../src/core/ledger/memory-image-library.js'
import { MemoryStore } from '../../../src/core/store/memory-store.js'
import type { StoreId } from '../../../src/core/store/store.js'
import { idOf, product } from '../../contract/store-fixture.js'
import { type FixedClock, fixedClock } from '../../support/fixed-clock.js'
import { inTempDir } from '../../support/temp-dir.js'

export interface ImageShop {
  readonly clock: FixedClock
  readonly store: MemoryStore
  readonly library: MemoryImageLibrary
  readonly dir: string
  /** Puts a picture in, with its own original, known to the library by its URL. */
  put(url: string, picture: Sharp, downloaded?: Buffer): Promise<StoreId>
  /** A product that shows these images; returns its id. */
  show(key: string, ...images: readonly StoreId[]): Promise<StoreId>
}

export async function withImageShop(body: (shop: ImageShop) => Promise<void>): Promise<void> {
  await inTempDir(async (dir) => {
    const clock = fixedClock()
    const store = new MemoryStore()
    const library = new MemoryImageLibrary(clock)
    await body({
      clock,
      store,
      library,
      dir,
      put: async (url, picture, downloaded = Buffer.from(url)) => {
        const { data, info } = await picture.jpeg().toBuffer({ resolveWithObject: true })
        const path = join(dir, randomUUID())
        await writeFile(path, data)
        const sha256 = createHash('sha256').update(downloaded).digest('hex')
        const form = { sha256, extension: 'jpg', width: info.width, height: info.height, bytes: data.length }
        const { id } = await store.putImage({ ...form, path, originalUrl: url })
        await library.record(url, { ...form, storeId: id, perceptualHash: await perceptualHash(data), recipe: 1 })
        return id
      },
      show: async (key, ...images) => {
        const id = await idOf(store, product(key))
        const gallery = images.map((imageId, index) => ({
          imageId,
          originalUrl: `${key}-${index}`,
          alt: `${key} ${index}`,
        }))
        await store.setImages({ jobId: 1, token: 1 }, id, { gallery, variants: {} })
        return id
      },
    })
  })
}

/** Something on white, another thing for each number. */
export function packshot(number: number, { size = 300, hue = number * 40 } = {}): Sharp {
  const shapes = [0, 1, 2, 3, 4].map((index) => {
    const [x, y] = [20 + ((number * 37 + index * 53) % 60), 20 + ((number * 71 + index * 29) % 60)]
    return `<rect x="${x}" y="${y}" width="${12 + ((number * 13 + index * 7) % 30)}" height="${10 + ((number * 5 + index * 11) % 26)}"
      fill="hsl(${hue} 70% ${25 + index * 10}%)"/>`
  })
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100" width="${size}" height="${size}">
    <rect width="100" height="100" fill="white"/>${shapes.join('')}</svg>`
  return sharp(Buffer.from(svg))
}
