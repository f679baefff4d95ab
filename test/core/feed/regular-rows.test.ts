import assert from 'node:assert/strict'
import fc from 'fast-check'
import { csvParseSplitter, RowError, type RowSplitter } from '../../../src/core/feed/csv-rows.js'
import { regularSplitter } from '../../../src/core/feed/regular-rows.js'

const comma = { delimiter: ',', quote: '"', bom: false, newline: '\n', bareReturnEndsRow: false } as const

interface Told {
  readonly rows: readonly (readonly [cells: readonly string[], lineEnds: number])[]
  readonly fault: string | null
}

async function told(splitter: RowSplitter, pieces: readonly string[]): Promise<Told> {
  const rows: [string[], number][] = []
  const onRow = (cells: string[], lineEnds: number) => rows.push([cells, lineEnds])
  try {
    for (const piece of pieces) splitter.write(piece, onRow)
    await splitter.end(onRow)
    return { rows, fault: null }
  } catch (error: unknown) {
    assert.ok(error instanceof RowError)
    return { rows, fault: `${error.reason} in cell ${error.cell}` }
  }
}

/** Cuts a text at these shares of its length, never inside a character. */
function cutAt(text: string, shares: readonly number[]): readonly string[] {
  const chars = Array.from(text)
  const ends = shares.map((share) => Math.round(share * chars.length)).sort((a, b) => a - b)
  return [...ends, chars.length].map((end, index) => chars.slice(ends[index - 1] ?? 0, end).join(''))
}

const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 })
const anyText = fc
  .array(fc.constantFrom('a', ' ', 'ż', '😀', ',', ',', ';', '"', '"', '\n', '\n', '\r', '\r\n'), { maxLength: 40 })
  .map((parts) => parts.join(''))

const quoted = (cell: string) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)
const cell = fc.oneof(fc.string({ maxLength: 5 }), fc.constantFrom('', '1,5', 'a "b"', '<p>\n\r\n</p>', '""'))
const regularText = fc
  .array(fc.tuple(fc.array(cell, { minLength: 1, maxLength: 4 }), fc.constantFrom('\n', '\r\n')), { maxLength: 8 })
  .map((rows) => rows.map(([cells, end]) => cells.map(quoted).join(',') + end).join(''))

describe('Regular CSV, split without csv-parse', () => {
  const dialects = [
    comma,
    { ...comma, delimiter: ';' },
    { ...comma, quote: '' },
    { ...comma, quote: "'" },
    { ...comma, delimiter: '||' },
    { ...comma, bareReturnEndsRow: true },
  ]

  it('gives the rows and the faults that csv-parse gives, whatever the text and however it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(anyText, regularText),
        cuts,
        fc.constantFrom(...dialects),
        async (text, at, dialect) => {
          const pieces = cutAt(text, at)
          const found = await told(regularSplitter(dialect), pieces)
          const expected = await told(csvParseSplitter(dialect, false), pieces)
          assert.deepEqual(found, expected)
        },
      ),
      { numRuns: 1500 },
    )
  })

  it('leaves a row that never ends to csv-parse, and says that it is too long (F4)', async () => {
    const line = `${'x'.repeat(1023)}\n`
    const pieces = ['a,b\n', 'c,"', ...Array.from({ length: 9 * 1024 }, () => line)]

    const { rows, fault } = await told(regularSplitter(comma), pieces)

    assert.deepEqual(rows, [[['a', 'b'], 0]])
    assert.match(fault ?? '', /^too_long/)
  })

  it('leaves an odd row to csv-parse, which says what is wrong with it, behind all rows before it', async () => {
    const rows = Array.from({ length: 300 }, (_, index) => `${index},"x${index}"\n`)
    const odd = 'a"b,c\n'
    const text = [...rows, odd, ...rows].join('')

    const found = await told(regularSplitter(comma), cutAt(text, [0.1, 0.3, 0.501, 0.9]))

    assert.deepEqual(found, {
      rows: rows.map((_, index) => [[`${index}`, `x${index}`], 0]),
      fault: 'stray_quote in cell 0',
    })
  })
})
