import assert from 'node:assert/strict'
import { bytes, count, countOf, secondsText } from '../../src/cli/figures.js'
import { pairLines, tableLines } from '../../src/cli/table.js'
import { cutTo, padTo, widthOf } from '../../src/cli/text-width.js'

describe('widthOf', () => {
  const widths: readonly (readonly [text: string, columns: number])[] = [
    ['', 0],
    ['Shoe', 4],
    ['Żółć', 4],
    ['Zo\u0301łty', 5],
    ['カメラ', 6],
    ['한국어', 6],
    ['กล้อง', 4],
    ['👩‍👧', 2],
    ['🇵🇱', 2],
    ['✔', 1],
    ['━╌', 2],
  ]
  for (const [text, columns] of widths) {
    it(`counts ${columns} columns for ${JSON.stringify(text)}`, () => {
      assert.equal(widthOf(text), columns)
    })
  }

  it('pads and cuts by columns', () => {
    assert.equal(padTo('カメ', 6), 'カメ  ')
    assert.equal(padTo('7', 3, 'left'), '  7')
    assert.equal(cutTo('カメラ', 5), 'カメ…')
    assert.equal(cutTo('Shoe', 4), 'Shoe')
  })
})

describe('tables', () => {
  it('align words on the left and numbers on the right', () => {
    const lines = tableLines<{ name: string; count: string }>(
      [
        { title: 'NAME', value: ({ name }) => name, widthMax: 6 },
        { title: 'N', value: ({ count }) => count, side: 'right' },
      ],
      [
        { name: 'カメラ', count: '1' },
        { name: 'very long', count: '1,000' },
      ],
    )

    assert.deepEqual(lines, ['NAME        N', 'カメラ      1', 'very …  1,000'])
  })

  it('fit into the terminal: the last column of a table gives way, a long value goes on below itself', () => {
    const rows = tableLines<string>([{ title: 'NAME', value: (name) => name }], ['A long name'], 8)
    const pairs = pairLines(
      [
        ['Columns', 'Code, Title, Price'],
        ['Feed', '/a/path/that/is/longer.csv'],
      ],
      21,
    )

    assert.deepEqual(rows, ['NAME', 'A long …'])
    assert.deepEqual(pairs, ['Columns  Code, Title,', '         Price', 'Feed     /a/path/that/is/longer.csv'])
  })

  it('keep control characters of suppliers out (A9)', () => {
    assert.deepEqual(
      pairLines([
        ['Name', '\x1b[2J'],
        ['None', null],
      ]),
      ['Name  ␛[2J'],
    )
  })
})

describe('figures', () => {
  it('are the same in every locale', () => {
    assert.deepEqual([0, 999, 1000, 1_234_567].map(count), ['0', '999', '1,000', '1,234,567'])
    assert.deepEqual([countOf(1, 'job'), countOf(2, 'job')], ['1 job', '2 jobs'])
    assert.deepEqual([0, 999, 1000, 12_400_000, 999_960].map(bytes), ['0 B', '999 B', '1.0 kB', '12.4 MB', '1.0 MB'])
  })

  it('give durations in the units that tell', () => {
    const texts = [0.05, 4.21, 5, 59.6, 61, 3725, 90_000].map(secondsText)

    assert.deepEqual(texts, ['50 ms', '4.2 s', '5 s', '1 min 00 s', '1 min 01 s', '1 h 02 min', '1 d 1 h'])
  })
})
