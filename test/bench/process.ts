/**
 * Pictures processed by the pool of decoders against bare sharp with the same settings, in this process: photographs
 * as they come from a wholesaler, with the start of the decoders. Both in turn, and the median of their ratios, for
 * other work on the machine hits both.
 */
import { availableParallelism } from 'node:os'
import pLimit from 'p-limit'
import sharp from 'sharp'
import { DecoderPool } from '../../dist/core/images/decoder-pool.js'

const pictures = Number(process.argv[2] ?? 200)
const rounds = 5

/** Pictures of 1600 x 1200 with as much detail as a photograph: some 300 KB each. */
async function makePictures(): Promise<readonly Buffer[]> {
  const kinds = await Promise.all(
    Array.from({ length: 20 }, async (_, number) => {
      const background = { r: number * 12, g: 120, b: 255 - number * 12 }
      const noise = { type: 'gaussian', mean: 128, sigma: 20 + number } as const
      const grain = await sharp({ create: { width: 400, height: 300, channels: 3, background, noise } })
        .resize(1600, 1200)
        .png()
        .toBuffer()
      return sharp(grain).jpeg({ quality: 85 }).toBuffer()
    }),
  )
  return Array.from({ length: pictures }, (_, index) => kinds[index % kinds.length] ?? Buffer.alloc(0))
}

async function bare(all: readonly Buffer[]): Promise<number> {
  sharp.concurrency(1)
  sharp.cache(false)
  const limit = pLimit(2 * availableParallelism())
  const started = performance.now()
  await Promise.all(
    all.map((content) =>
      limit(() =>
        sharp(content, { failOn: 'error', sequentialRead: true })
          .autoOrient()
          .resize({ width: 2048, height: 2048, fit: 'inside', withoutEnlargement: true })
          .toColourspace('srgb')
          .jpeg({ quality: 85 })
          .toBuffer(),
      ),
    ),
  )
  return performance.now() - started
}

async function pooled(all: readonly Buffer[]): Promise<number> {
  const started = performance.now()
  const pool = new DecoderPool(new AbortController().signal)
  // As many as the image phase has between download and store.
  const limit = pLimit(32)
  const decoded = await Promise.all(all.map((content) => limit(() => pool.decode(content))))
  const ms = performance.now() - started
  await pool.close()
  if (!decoded.every(({ ok }) => ok)) throw new Error('a picture was not taken')
  return ms
}

const all = await makePictures()
const runs = []
for (let round = 0; round < rounds; round += 1) runs.push({ bareMs: await bare(all), pooledMs: await pooled(all) })
const median = runs.toSorted((a, b) => a.pooledMs / a.bareMs - b.pooledMs / b.bareMs)[Math.floor(rounds / 2)]
console.log(JSON.stringify({ pictures, bytes: all[0]?.length, ...median }))
