import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type BlockMark, marksHash, marksHead, marksSeal, marksTail, readMarks } from '../../src/core/block-marks.js'
import { ChunkBuilder } from '../../src/core/chunk-builder.js'
import type { RecordPosition } from '../../src/core/feed/feed.js'
import type { Staging } from '../../src/core/ledger/ledger.js'
import { MarkWriter } from '../../src/core/mark-writer.js'
import { inTempDir } from '../support/temp-dir.js'

const sums = { variants: 2, images: 1, withImage: 1, inStock: 1, skipped: 0, currency: 'EUR' }
const mark: BlockMark = {
  ...sums,
  start: 'begin',
  hash: 'all',
  bytes: 400,
  lines: 4,
  records: 3,
  rows: [7, 8, 12],
  findings: null,
}
const reject = {
  position: { record: 2, line: 1 },
  code: 'no_name',
  reason: 'It has no name.',
  key: 'ż 7',
  raw: '\u2028',
}
const repair = { position: { record: 3, line: 3 }, code: 'short_row', detail: 'The row has 3 of 4 cells.' }
const withFindings: BlockMark = { ...mark, start: 'found', findings: { rejects: [reject], repairs: [repair] } }

function written(...marks: readonly BlockMark[]): Buffer {
  const pieces: Uint8Array[] = []
  const staging: Pick<Staging, 'mark' | 'dropMarks'> = { mark: (bytes) => pieces.push(bytes), dropMarks: () => {} }
  const writer = new MarkWriter(staging as Staging, 'reading')
  for (const one of marks) writer.kept(one)
  writer.shared([20])
  writer.end()
  return Buffer.concat(pieces)
}

function sealed(head: string): string {
  const text = head + marksTail([])
  return text + marksSeal(marksHash().update(text))
}

describe('Marks', () => {
  it('are read as they were written, but for blocks that share a row', async () => {
    await inTempDir(async (dir) => {
      const path = join(dir, 'marks')
      await writeFile(path, written(mark, { ...mark, start: 'other', rows: [19, 20] }))

      const known = readMarks(path, 'reading')

      assert.deepEqual(known?.at(0), mark)
      assert.equal(known?.at(known.find('other') ?? -1)?.hash, '')
      assert.equal(known?.at(2), undefined)
    })
  })

  it('have what was found in a block, unless that is more than the block', async () => {
    await inTempDir(async (dir) => {
      const path = join(dir, 'marks')
      await writeFile(path, written(withFindings, { ...withFindings, start: 'small', bytes: 90 }, mark))

      const known = readMarks(path, 'reading')

      assert.deepEqual(known?.at(0), withFindings)
      assert.deepEqual(known?.at(1), { ...mark, start: 'small', bytes: 90, hash: '', rows: [] })
      assert.deepEqual(known?.at(2), mark)
    })
  })

  it('are none when they are damaged, wherever that is, or of a feed that was read otherwise, or by another release', async () => {
    await inTempDir(async (dir) => {
      const path = join(dir, 'marks')
      const whole = written(mark)
      for (let at = 0; at < whole.length; at += 1) {
        const damaged = Buffer.from(whole)
        damaged[at] = (damaged[at] ?? 0) ^ 1
        await writeFile(path, damaged)
        assert.equal(readMarks(path, 'reading'), null, `byte ${at}`)
        await writeFile(path, whole.subarray(0, at))
        assert.equal(readMarks(path, 'reading'), null, `cut at ${at}`)
      }
      await writeFile(path, whole)
      assert.equal(readMarks(path, 'another'), null)
      await writeFile(path, sealed(marksHead('reading').replace(/\d+\.\d+\.\d+/, '0.0.0')))
      assert.equal(readMarks(path, 'reading'), null)
      await writeFile(path, sealed(marksHead('reading')))
      assert.notEqual(readMarks(path, 'reading'), null)
      assert.equal(readMarks(join(dir, 'none'), 'reading'), null)
    })
  })
})

describe('A chunk', () => {
  it('has the currency of its first product, be that in a block that is kept', () => {
    const chunk = new ChunkBuilder([], { at: () => mark, find: () => undefined })

    chunk.listener.blocks?.kept(0, { record: 0, line: 2 })
    chunk.add([{ product: { key: 'a', name: 'A', sku: 'a', options: [], variants: [], currency: 'USD' }, line: 9 }])

    assert.equal(chunk.take().currency, 'EUR')
  })

  it('tells of a block that is kept what was found in it, where it stands now', () => {
    const chunk = new ChunkBuilder([], { at: () => withFindings, find: () => undefined })

    chunk.listener.blocks?.kept(0, { record: 100, line: 1000 })

    const { rejects, repairs } = chunk.take()
    assert.deepEqual(rejects, [{ ...reject, position: { record: 102, line: 1001 } }])
    assert.deepEqual(repairs, [{ ...repair, position: { record: 103, line: 1003 } }])
  })

  it('remembers of a block what was found in it, and none of a block when what was found is not', () => {
    const block = { start: 'begin', hash: 'all', bytes: 400, lines: 4, records: 3 }
    const chunk = new ChunkBuilder([], null)
    const blockOf = (start: RecordPosition) => {
      chunk.listener.reject({ ...reject, position: { record: 102, line: 1001 } })
      chunk.listener.blocks?.block(block, start)
      chunk.add([])
      const [found] = chunk.take().blocks
      return found?.type === 'read' ? found.mark : null
    }

    const mark = blockOf({ record: 100, line: 1000 })
    assert.equal(mark?.hash, 'all')
    assert.deepEqual(mark?.findings, { rejects: [reject], repairs: [] })
    // As when the feed is opened, before its first block.
    assert.equal(blockOf({ record: 103, line: 1000 })?.hash, '')
    assert.equal(blockOf({ record: 100, line: 1002 })?.hash, '')
  })
})
