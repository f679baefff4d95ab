import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { openUnpacked } from '../../../src/core/feed/unpack.js'
import { realFeed } from '../../support/feeds.js'
import { inTempDir } from '../../support/temp-dir.js'
import { type ZipEntry, zipOf } from '../../support/zip.js'

const csv = 'sku,name\n1,Shirt\n'.repeat(20_000)

describe('openUnpacked', () => {
  it('reads a file that is not packed as it is', async () => {
    const { compression, text } = await unpack(Buffer.from(csv))

    assert.equal(compression, 'none')
    assert.equal(text, csv)
  })

  it('lets timers and signals have their turn while it reads a large file', async () => {
    await inTempDir(async (dir) => {
      const path = join(dir, 'feed.csv')
      await writeFile(path, Buffer.alloc(5 * 1024 * 1024, 'x'))
      const { bytes } = await openUnpacked(path, undefined, 'feed.csv')
      let turns = 0
      let isReading = true
      const count = () => {
        turns += 1
        if (isReading) setImmediate(count)
      }
      setImmediate(count)

      let read = 0
      for await (const piece of bytes()) read += piece.length
      isReading = false

      assert.equal(read, 5 * 1024 * 1024)
      assert.ok(turns >= 4, `${turns} turns`)
    })
  })

  it('stops between pieces when it is told to', async () => {
    await inTempDir(async (dir) => {
      const path = join(dir, 'feed.csv')
      await writeFile(path, Buffer.alloc(1024 * 1024, 'x'))
      const { bytes } = await openUnpacked(path, undefined, 'feed.csv')
      const stop = new AbortController()
      const read = async () => {
        for await (const _piece of bytes(stop.signal)) stop.abort(new Error('enough'))
      }

      await assert.rejects(read(), /enough/)
    })
  })

  it('reads gzip by its content, whatever the name is', async () => {
    const { compression, text } = await unpack(gzipSync(csv), undefined, 'feed.csv')

    assert.equal(compression, 'gzip')
    assert.equal(text, csv)
  })

  it('reads gzip of several members to its end', async () => {
    const { text } = await unpack(
      Buffer.concat([gzipSync('one\n'), gzipSync(csv), gzipSync('three\n'), Buffer.alloc(9)]),
    )

    assert.equal(text, `one\n${csv}three\n`)
  })

  it('can be read again', async () => {
    await inTempDir(async (dir) => {
      const path = join(dir, 'feed.gz')
      await writeFile(path, gzipSync(csv))
      const unpacked = await openUnpacked(path, undefined, 'feed.gz')

      assert.equal(await textOf(unpacked.bytes()), csv)
      assert.equal(await textOf(unpacked.bytes()), csv)
    })
  })

  it('gives all there is of a gzip file that is cut off anywhere, then says where it ends (F1)', async () => {
    const lines = Array.from({ length: 20_000 }, (_, line) => `${line};${(line * 7919) % 10007}\n`).join('')
    const packed = gzipSync(lines)

    for (const part of [0.2, 0.5, 0.9, 0.999]) {
      const cut = Math.floor(packed.length * part)
      let read = ''
      const failure = unpack(packed.subarray(0, cut), undefined, 'x.gz', (piece) => {
        read += piece
      })

      await assert.rejects(failure, { kind: 'feed_malformed', place: { file: 'x.gz', byte: cut }, message: /cut off/ })
      assert.ok(lines.startsWith(read))
      assert.ok(read.length > lines.length * part * 0.8, `${read.length} of ${lines.length} at ${part}`)
    }
  })

  it('names the position where a gzip file is damaged', async () => {
    const damaged = gzipSync(csv)
    damaged.fill(0xff, 200, 220)

    await assert.rejects(unpack(damaged), { kind: 'feed_malformed', message: /damaged/ })
  })

  it('takes no text after the end of a gzip file for more of it', async () => {
    await assert.rejects(unpack(Buffer.concat([gzipSync(csv), Buffer.from('<html>')])), { kind: 'feed_malformed' })
  })

  it('stops at a gzip bomb long before it fills memory or disk (F14, N18)', async () => {
    const bomb = gzipSync(Buffer.alloc(80 * 1024 * 1024))
    let unpacked = 0

    const failure = unpack(bomb, undefined, 'bomb.gz', (piece) => {
      unpacked += piece.length
    })

    await assert.rejects(failure, { kind: 'feed_malformed', message: /more than 200 times/ })
    assert.ok(unpacked <= 65 * 1024 * 1024)
  })

  it('names what it does not read instead of showing broken text', async () => {
    const sevenZip = Buffer.from('377abcaf271c0004', 'hex')

    await assert.rejects(unpack(sevenZip), { kind: 'feed_malformed', message: /7-Zip/ })
  })

  describe('of zip', () => {
    it('finds the one feed among folders, hidden files and pictures', async () => {
      const { compression, member, text } = await unpack(
        zipOf([
          { name: 'out/', data: '', stored: true },
          { name: '__MACOSX/out/._products.csv', data: 'x' },
          { name: 'out/.hidden.csv', data: 'x' },
          { name: 'out/logo.png', data: 'x' },
          { name: 'out/products.csv', data: csv },
        ]),
      )

      assert.deepEqual([compression, member], ['zip', 'out/products.csv'])
      assert.equal(text, csv)
    })

    it('takes the only file there is, whatever its name', async () => {
      const { member, text } = await unpack(zipOf([{ name: 'export', data: csv, stored: true }]))

      assert.deepEqual([member, text], ['export', csv])
    })

    it('names the members when there are several feeds', async () => {
      const zip = zipOf([
        { name: 'a.csv', data: 'x' },
        { name: 'b.xml', data: 'x' },
      ])

      await assert.rejects(unpack(zip), { kind: 'usage', message: /"a\.csv", "b\.xml"/, hint: /member:/ })
    })

    it('reads the member that a name or a pattern chooses', async () => {
      const zip = zipOf([
        { name: 'in/light.xml', data: 'light' },
        { name: 'in/full-2026-01.xml', data: 'full' },
      ])

      assert.equal((await unpack(zip, 'in/light.xml')).text, 'light')
      assert.equal((await unpack(zip, 'full*.XML')).text, 'full')
      assert.equal((await unpack(zip, 'in/f*')).text, 'full')
      await assert.rejects(unpack(zip, '*.csv'), { kind: 'usage', message: /no member named \*\.csv/ })
      await assert.rejects(unpack(zip, '*.xml'), { kind: 'usage', message: /2 members/ })
    })

    it('refuses an archive without a file', async () => {
      await assert.rejects(unpack(zipOf([])), { kind: 'feed_malformed', message: /no file/ })
    })

    const lies: readonly (readonly [what: string, entry: ZipEntry, message: RegExp])[] = [
      ['an encrypted member', { name: 'a.csv', data: csv, flags: 1 }, /encrypted/],
      ['a symbolic link', { name: 'a.csv', data: '/etc/passwd', mode: 0o120777 }, /symbolic link/],
      ['a member that is longer than it says', { name: 'a.csv', data: csv, claims: { size: 10 } }, /longer/],
      [
        'a member that is shorter than it says',
        { name: 'a.csv', data: csv, claims: { size: csv.length + 1 } },
        /shorter/,
      ],
      ['a member with another checksum', { name: 'a.csv', data: csv, claims: { crc: 1 } }, /checksum/],
      ['a method nobody reads', { name: 'a.csv', data: csv, claims: { method: 99 } }, /method/],
      ['a name that leads out of the archive', { name: '../a.csv', data: csv }, /cannot be read/],
      ['an absolute name', { name: '/etc/a.csv', data: csv }, /cannot be read/],
    ]
    for (const [what, entry, message] of lies) {
      it(`refuses ${what} (F14)`, async () => {
        await assert.rejects(unpack(zipOf([entry])), { kind: 'feed_malformed', message })
      })
    }

    it('stops at a zip bomb (F14)', async () => {
      const bomb = zipOf([{ name: 'a.csv', data: Buffer.alloc(80 * 1024 * 1024) }])

      await assert.rejects(unpack(bomb), { kind: 'feed_malformed', message: /more than 200 times/ })
    })

    it('refuses an archive that is cut off', async () => {
      const zip = zipOf([{ name: 'a.csv', data: csv }])

      await assert.rejects(unpack(zip.subarray(0, zip.length - 60)), { kind: 'feed_malformed' })
    })

    it('reads a real archive with the extras of macOS', async function () {
      const unpacked = await openUnpacked(realFeed(this, 'csv/instacart_49688.csv.zip'), undefined, 'x')

      assert.equal(unpacked.member, 'products.csv')
      assert.equal((await textOf(unpacked.bytes())).split('\n').length, 49_690)
    })
  })
})

async function unpack(bytes: Buffer, member?: string, name = 'feed', onPiece: (piece: string) => void = () => {}) {
  return inTempDir(async (dir) => {
    const path = join(dir, 'snapshot')
    await writeFile(path, bytes)
    const unpacked = await openUnpacked(path, member, name)
    return { ...unpacked, text: await textOf(unpacked.bytes(), onPiece) }
  })
}

async function textOf(bytes: AsyncIterable<Buffer>, onPiece: (piece: string) => void = () => {}): Promise<string> {
  const pieces: string[] = []
  for await (const piece of bytes) {
    onPiece(piece.toString('latin1'))
    pieces.push(piece.toString('latin1'))
  }
  return pieces.join('')
}
