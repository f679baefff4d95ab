import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import type { Decode } from '../../../src/core/images/decode.js'
import { DecoderPool } from '../../../src/core/images/decoder-pool.js'
import { type DecoderLimits, decoderLimits } from '../../../src/core/images/decoder-protocol.js'
import { looksHere } from '../../../src/core/images/look.js'
import { inTempDir } from '../../support/temp-dir.js'
import { jpeg, pixelBomb, png } from './pictures.js'

interface Scene {
  readonly decode: Decode
  readonly pool: DecoderPool
  readonly stop: (reason: Error) => void
}

async function withPool<T>(body: (scene: Scene) => Promise<T>, limits: Partial<DecoderLimits> = {}): Promise<T> {
  const controller = new AbortController()
  const pool = new DecoderPool(controller.signal, { limits: { ...decoderLimits, ...limits } })
  try {
    return await body({ decode: pool.decode, pool, stop: (reason) => controller.abort(reason) })
  } finally {
    await pool.close()
  }
}

/** Ids of the decoder processes of this process, oldest first. */
function decoderPids(): readonly number[] {
  try {
    const found = execFileSync('pgrep', ['-P', String(process.pid), '-f', 'decoder-process'], { encoding: 'utf8' })
    return found.trim().split('\n').map(Number)
  } catch {
    // It says by its exit code that there is none.
    return []
  }
}

/** Processor time of a process, in hundredths of a second. */
function ticksOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return Number(fields[11]) + Number(fields[12])
}

/** Resolves when a process has used more than that: it decodes. */
async function untilAtWork(pid: number, idleTicks: number): Promise<void> {
  while (ticksOf(pid) < idleTicks + 2) await new Promise((resolve) => setImmediate(resolve))
}

async function outcome(decoded: ReturnType<Decode>): Promise<string> {
  const picture = await decoded
  return picture.ok ? 'fine' : picture.code
}

/** Takes some hundred milliseconds, and is no large one. */
const slow = () => jpeg(1, { width: 4000, height: 3000 })

describe('the pool of decoders', function () {
  this.timeout(60_000)

  it('makes of pictures what is made of them here, from memory and from files', () =>
    withPool(({ decode }) =>
      inTempDir(async (dir) => {
        const picture = await jpeg(1, { width: 300, height: 200 })
        const path = join(dir, 'picture')
        await writeFile(path, picture)

        for (const content of [picture, path]) {
          const decoded = await decode(content)
          assert.ok(decoded.ok)
          assert.ok(Buffer.isBuffer(decoded.data))
          assert.deepEqual([decoded.extension, decoded.width, decoded.height], ['jpg', 300, 200])
          assert.equal((await sharp(decoded.data).metadata()).format, 'jpeg')
        }
        assert.equal(await outcome(decode(Buffer.from('<html>'))), 'not_an_image')
        assert.equal(await outcome(decode(join(dir, 'missing'))), 'unreadable')
      }),
    ))

  it('sees of pictures what is seen of them here, and nothing of what is none', () =>
    withPool(async ({ pool: { looks } }) => {
      const picture = await jpeg(1, { width: 300, height: 200 })

      assert.equal(await looks.hash(picture), await looksHere.hash(picture))
      assert.deepEqual(await looks.colors(picture), await looksHere.colors(picture))
      assert.deepEqual(await looks.thumbnail(picture), await looksHere.thumbnail(picture))
      const none = Buffer.from('<html>')
      assert.deepEqual(
        [await looks.hash(none), await looks.colors(none), await looks.thumbnail(none)],
        [null, null, null],
      )
    }))

  it('sees nothing of a picture that its decoder does not survive, and goes on (I15)', () =>
    withPool(async ({ pool: { looks } }) => {
      const picture = await jpeg(1)
      const before = await looks.hash(picture)
      const [pid = 0] = decoderPids()
      // Unlike a JPEG, it is read whole for a thumbnail.
      const heavy = await png({ width: 5000, height: 4000, alpha: 0.5 })

      const idle = ticksOf(pid)
      const victim = looks.thumbnail(heavy)
      await untilAtWork(pid, idle)
      process.kill(pid, 'SIGSEGV')

      assert.equal(await victim, null)
      assert.equal(await looks.hash(picture), before)
    }))

  it('starts no process before there is a picture, few for few, and leaves none behind', async () => {
    await withPool(async ({ decode }) => {
      assert.deepEqual(decoderPids(), [])

      const few = await Promise.all([1, 2, 3].map(async (number) => outcome(decode(await jpeg(number)))))

      assert.deepEqual(few, ['fine', 'fine', 'fine'])
      assert.equal(decoderPids().length, 1)
    })
    assert.deepEqual(decoderPids(), [])
  })

  it('takes pictures that came while its first process started for no reason to start another', () =>
    withPool(async ({ pool, decode }) => {
      const pictures = await Promise.all(Array.from({ length: 12 }, (_, number) => jpeg(number)))
      pool.warmUp()

      const decoded = await Promise.all(pictures.map((picture) => outcome(decode(picture))))

      assert.ok(decoded.every((each) => each === 'fine'))
      assert.equal(decoderPids().length, 1)
    }))

  for (const signal of ['SIGSEGV', 'SIGABRT', 'SIGKILL'] as const) {
    it(`loses one picture to a decoder that ends with ${signal}, and no other (I15)`, () =>
      withPool(async ({ decode }) => {
        assert.equal(await outcome(decode(await jpeg(1))), 'fine')
        const [pid = 0] = decoderPids()
        const [heavy, two, three] = [await slow(), await jpeg(2), await jpeg(3)]

        const idle = ticksOf(pid)
        const victim = outcome(decode(heavy))
        const others = [outcome(decode(two)), outcome(decode(three))]
        await untilAtWork(pid, idle)
        process.kill(pid, signal)

        assert.equal(await victim, 'decoder_crash')
        assert.deepEqual(await Promise.all(others), ['fine', 'fine'])
        assert.ok(!decoderPids().includes(pid))
      }))
  }

  it('blames no picture for a decoder that dies before it has begun it', () =>
    withPool(async ({ decode }) => {
      await decode(await jpeg(1))
      const [pid = 0] = decoderPids()
      // Nothing of it reaches the decoder before its end.
      process.kill(pid, 'SIGSTOP')
      const next = outcome(decode(await jpeg(2)))
      process.kill(pid, 'SIGKILL')

      assert.equal(await next, 'fine')
    }))

  it('outlives a decoder that dies while it has nothing to do', () =>
    withPool(async ({ decode }) => {
      await decode(await jpeg(1))
      for (const pid of decoderPids()) process.kill(pid, 'SIGKILL')
      while (decoderPids().length > 0) await new Promise((resolve) => setImmediate(resolve))

      assert.equal(await outcome(decode(await jpeg(2))), 'fine')
    }))

  it('gives a picture up that takes too much time, and goes on with the next (I3)', () =>
    withPool(
      async ({ decode }) => {
        const heavy = outcome(decode(await png({ width: 7000, height: 7000, alpha: 0.5 })))
        const light = outcome(decode(await jpeg(1)))

        assert.deepEqual([await heavy, await light], ['too_heavy', 'fine'])
      },
      { cpuSeconds: 0.3 },
    ))

  it('gives a picture up that takes too much memory, and goes on with the next (I3)', () =>
    withPool(
      async ({ decode }) => {
        const picture = sharp({ create: { width: 5000, height: 5000, channels: 3, background: 'red' } })
        const progressive = await picture.jpeg({ progressive: true, chromaSubsampling: '4:4:4' }).toBuffer()
        const heavy = outcome(decode(progressive))
        const light = outcome(decode(await jpeg(1)))

        assert.deepEqual([await heavy, await light], ['too_heavy', 'fine'])
      },
      { rssBytes: 180 * 1024 * 1024 },
    ))

  it('ends bombs of pixels within five seconds and 512 MB (I3)', async function () {
    if (process.platform !== 'linux') this.skip()
    const bombs = [
      await pixelBomb(),
      await pixelBomb(8192, 6103),
      await png({ width: 8192, height: 6103, alpha: 0.5 }),
      await sharp({ create: { width: 8192, height: 6103, channels: 4, background: 'red' } })
        .toColourspace('rgb16')
        .png({ progressive: true, compressionLevel: 1 })
        .toBuffer(),
    ]
    await withPool(async ({ decode }) => {
      await decode(await jpeg(1))
      for (const bomb of bombs) {
        const [pid = 0] = decoderPids()
        const before = cpuSecondsOf(pid)
        let [peakMb, seconds] = [0, 0]
        // The books of a process are closed when it ends: they are looked into while it works.
        const watch = setInterval(() => {
          peakMb = Math.max(peakMb, peakMbOf(pid))
          seconds = Math.max(seconds, cpuSecondsOf(pid) - before)
        }, 10)
        await decode(bomb)
        clearInterval(watch)
        assert.ok(peakMb < 512 && seconds <= 5, `${peakMb} MB, ${seconds} s`)
      }
      assert.equal(await outcome(decode(await jpeg(2))), 'fine')
    })
  })

  it('lets go at once of everything when the run is stopped', () =>
    withPool(async ({ decode, stop }) => {
      const reason = new Error('stopped')
      const picture = await slow()
      const underway = Promise.allSettled([decode(picture), decode(picture), decode(picture)])

      stop(reason)

      assert.deepEqual(
        await underway,
        [1, 2, 3].map(() => ({ status: 'rejected', reason })),
      )
      await assert.rejects(decode(await jpeg(1)), reason)
    }))

  it('hands no secret of the environment to a decoder (A5)', async function () {
    if (process.platform !== 'linux') this.skip()
    process.env.WHOLESALER_WC_SECRET = 'SECRET'
    try {
      await withPool(async ({ decode }) => {
        await decode(await jpeg(1))
        const [pid = 0] = decoderPids()
        const environment = readFileSync(`/proc/${pid}/environ`, 'latin1')
        assert.match(environment, /PATH=/)
        assert.doesNotMatch(environment, /SECRET/)
      })
    } finally {
      delete process.env.WHOLESALER_WC_SECRET
    }
  })
})

function peakMbOf(pid: number): number {
  const kb = /^VmHWM:\s+(\d+)/m.exec(statusOf(pid, 'status'))?.[1]
  return Number(kb ?? 0) / 1024
}

/** User and system time (proc(5), fields 14 and 15; ticks are hundredths of a second). */
function cpuSecondsOf(pid: number): number {
  const fields = statusOf(pid, 'stat')
    .replace(/^.*\) /, '')
    .split(' ')
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / 100
}

function statusOf(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return '' // It has ended.
  }
}
