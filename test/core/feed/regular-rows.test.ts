import assert from 'node:assert/strict'
import fc from 'fast-check'
import { csvParseSplitter, type OnRow, RowError, type RowSplitter } from '../../../src/core/feed/csv-rows.js'
import { regularSplitter } from '../../../src/core/feed/regular-rows.js'

const comma = { delimiter: ',', quote: '"', bom: false, newline: '\n', bareReturnEndsRow: false } as const

interface Told {
  readonly rows: readonly (readonly [cells: readonly string[], lineEnds: number, isOdd: boolean])[]
  readonly fault: string | null
}

async function told(splitter: RowSplitter, pieces: readonly string[]): Promise<Told> {
  const rows: Parameters<OnRow>[] = []
  const onRow: OnRow = (...row) => rows.push(row)
  try {
    for (const piece of pieces) splitter.write(piece, onRow)
    await splitter.end(onRow)
    return { rows, fault: null }
  } catch (error: unknown) {
    assert.ok(error instanceof RowError)
    return { rows, fault: `${error.reason} in cell ${error.cell}` }
  }
}

function withoutOdd({ rows, fault }: Told) {
  return { rows: rows.map(([cells, lineEnds]) => [cells, lineEnds]), fault }
}

/** Cuts a text at these shares of its length, never inside a character. */
function cutAt(text: string, shares: readonly number[]): readonly string[] {
  const chars = Array.from(text)
  const ends = shares.map((share) => Math.round(share * chars.length)).sort((a, b) => a - b)
  return [...ends, chars.length].map((end, index) => chars.slice(ends[index - 1] ?? 0, end).join(''))
}

const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 })
const anyText = fc
  .array(fc.constantFrom('a', ' ', 'ż', '😀', ',', ',', ';', '|', '|', '"', '"', '\n', '\n', '\r', '\r\n'), {
    maxLength: 40,
  })
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
    { ...comma, delimiter: '¦' },
    { ...comma, bareReturnEndsRow: true },
  ]

  it('gives the rows and the faults that csv-parse gives, whatever the text and however it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(anyText, regularText),
        cuts,
        fc.constantFrom(...dialects),
        fc.boolean(),
        async (text, at, dialect, relaxed) => {
          const pieces = cutAt(text, at)
          const found = await told(regularSplitter(dialect, relaxed), pieces)
          const expected = await told(csvParseSplitter(dialect, relaxed), pieces)
          // Of longer delimiters csv-parse keeps one byte in the raw text by which it is asked what is odd.
          const isTold = Buffer.byteLength(dialect.delimiter) === 1
          assert.deepEqual(isTold ? found : withoutOdd(found), isTold ? expected : withoutOdd(expected))
        },
      ),
      { numRuns: 3000 },
    )
  })

  it('reads odd rows as csv-parse does, few or many between regular ones, and says which they are', async () => {
    const rows = fc.constantFrom(
      ['regular,"a, b",1\n', '"he said ""so""",,\r\n', 'x\n'],
      ['a "b",c\n', '"a"b,c\r\n', 'żółw 5",1\n', 'x 5","first\nsecond ""line""",3\n'],
      ['x,"never closed\n', 'a\rb,c\n', '"a"\rb,c\n'],
    )
    const run = fc.tuple(rows, fc.nat({ max: 150 })).map(([kinds, count]) => ({ kinds, count }))
    const text = fc
      .array(run, { maxLength: 6 })
      .map((runs) =>
        runs.flatMap(({ kinds, count }) => Array.from({ length: count }, (_, i) => kinds[i % kinds.length])),
      )
      .map((parts) => parts.join(''))
    const returns = { ...comma, bareReturnEndsRow: true }
    await fc.assert(
      fc.asyncProperty(text, cuts, fc.constantFrom(comma, returns), async (whole, at, dialect) => {
        const pieces = cutAt(whole, at)
        const found = await told(regularSplitter(dialect, true), pieces)
        const expected = await told(csvParseSplitter(dialect, true), pieces)
        assert.deepEqual(found, expected)
      }),
      { numRuns: 100 },
    )
  })

  it('calls a row odd for its quotes alone, whatever the delimiter, be it the last without line end', async () => {
    for (const delimiter of ['¦', '||', ';']) {
      const text = ['a', '"say ""x"""', '1\nb', '"say ""y"""', '2\nc', '5" d', '3'].join(delimiter)

      const { rows } = await told(regularSplitter({ ...comma, delimiter }, true), [text])

      assert.deepEqual(
        rows.map(([cells, , isOdd]) => [cells[1], isOdd]),
        [
          ['say "x"', false],
          ['say "y"', false],
          ['5" d', true],
        ],
      )
    }
  })

  it('leaves a row that never ends to csv-parse, and says that it is too long (F4)', async () => {
    const line = `${'x'.repeat(1023)}\n`
    const pieces = ['a,b\n', 'c,"', ...Array.from({ length: 9 * 1024 }, () => line)]

    const { rows, fault } = await told(regularSplitter(comma, false), pieces)

    assert.deepEqual(rows, [[['a', 'b'], 0, false]])
    assert.match(fault ?? '', /^too_long/)
  })

  it('leaves an odd row to csv-parse, which says what is wrong with it, behind all rows before it', async () => {
    const rows = Array.from({ length: 300 }, (_, index) => `${index},"x${index}"\n`)
    const odd = 'a"b,c\n'
    const text = [...rows, odd, ...rows].join('')

    const found = await told(regularSplitter(comma, false), cutAt(text, [0.1, 0.3, 0.501, 0.9]))

    assert.deepEqual(found, {
      rows: rows.map((_, index) => [[`${index}`, `x${index}`], 0, false]),
      fault: 'stray_quote in cell 0',
    })
  })
})
