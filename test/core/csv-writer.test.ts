import assert from 'node:assert/strict'
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { csvRow, escapeFormula } from '../../src/core/csv-writer.js'

describe('csvRow', () => {
  it('puts cells in quotes where they need them and ends the row by CRLF', () => {
    assert.equal(csvRow(['a', '', 'b c', 'd,e', 'f"g', 'h\ni', ' j']), 'a,,b c,"d,e","f""g","h\ni"," j"\r\n')
  })

  it('F9: sets an apostrophe before everything that a spreadsheet would take for a formula', () => {
    assert.equal(
      csvRow(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', 'a=1', "'=1"]),
      `'=1+1,'+1,'-1,'@SUM(A1),'\t=1,"'\r=1",a=1,'=1\r\n`,
    )
  })

  it('leaves cells alone whose escaping is settled', () => {
    assert.equal(csvRow(['-1', escapeFormula('-a')], { escapeFormulas: false }), "-1,'-a\r\n")
  })

  it('is read back as it was written', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.string(), { minLength: 1, maxLength: 5 }), { maxLength: 5 }), (rows) => {
        const cells = rows.map((row) => ['x', ...row])
        const text = cells.map((row) => csvRow(row, { escapeFormulas: false })).join('')

        assert.deepEqual(parse(text, { relax_column_count: true, record_delimiter: '\r\n' }), cells)
      }),
    )
  })

  it('F9: never lets a formula through, whatever the text', () => {
    fc.assert(fc.property(fc.string(), (text) => assert.doesNotMatch(escapeFormula(text), /^[=+\-@\t\r]/)))
  })
})
