/**
 * Pictures processed by the pool of decoders against bare sharp that does the same with the same settings, in this
 * process: photographs as they come from a wholesaler, with the start of the decoders. Both in turn, and the median of
 * their ratios, for other work on the machine hits both; time of the processor, too, which it does not.
 */
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import pLimit from 'p-limit'
import sharp from 'sharp'
import { DecoderPool } from '../../dist/core/images/decoder-pool.js'
import { filesMax } from '../../dist/core/images/obtain-image.js'

const pictures = Number(process.argv[2] ?? 400)
const rounds = 3

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

interface Spent {
  readonly ms: number
  /** Of this process and of those it waited for; 0 where the system does not tell. */
  readonly cpuMs: number
}

/** proc(5): utime, stime, cutime and cstime are fields 14 to 17, in hundredths of a second. */
function cpuMs(): number {
  if (process.platform !== 'linux') return 0
  const fields = readFileSync('/proc/self/stat', 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks) * 10, 0)
}

async function measured(work: () => Promise<void>): Promise<Spent> {
  const [started, before] = [performance.now(), cpuMs()]
  await work()
  return { ms: performance.now() - started, cpuMs: cpuMs() - before }
}

async function bare(all: readonly Buffer[]): Promise<void> {
  sharp.concurrency(1)
  sharp.cache(false)
  const limit = pLimit(2 * availableParallelism())
  await Promise.all(
    all.map((content) =>
      limit(async () => {
        const picture = await sharp(content, { failOn: 'error', sequentialRead: true })
          .autoOrient()
          .resize({ width: 2048, height: 2048, fit: 'inside', withoutEnlargement: true })
          .toColourspace('srgb')
          .jpeg({ quality: 85 })
          .toBuffer()
        // What the perceptual hash is made of.
        await sharp(picture).flatten().resize(9, 8, { fit: 'fill' }).greyscale().raw().toBuffer()
      }),
    ),
  )
}

async function pooled(all: readonly Buffer[]): Promise<void> {
  const pool = new DecoderPool(new AbortController().signal)
  // As many as the image phase has between download and store.
  const limit = pLimit(filesMax)
  const decoded = await Promise.all(all.map((content) => limit(() => pool.decode(content))))
  await pool.close()
  if (!decoded.every(({ ok }) => ok)) throw new Error('a picture was not taken')
}

const all = await makePictures()
const runs: { readonly bare: Spent; readonly pooled: Spent }[] = []
for (let round = 0; round < rounds; round += 1) {
  runs.push({ bare: await measured(() => bare(all)), pooled: await measured(() => pooled(all)) })
}
const byRatio = runs.toSorted((a, b) => a.pooled.ms / a.bare.ms - b.pooled.ms / b.bare.ms)
console.log(JSON.stringify({ pictures, bytes: all[0]?.length, ...byRatio[Math.floor(rounds / 2)] }))
