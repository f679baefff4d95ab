import assert from 'node:assert/strict'
import { compileField, RecordProblem } from '../../../src/core/product/field.js'
import type { Picked } from '../../../src/core/product/picked.js'
import type { FieldMap } from '../../../src/core/product/product-map.js'
import { selectorsFor } from '../../../src/core/product/selector.js'

const selectors = selectorsFor({ format: 'json', compression: 'none', encoding: 'utf-8' })

function pick(map: FieldMap, record: Readonly<Record<string, string | readonly string[]>>): Picked {
  return compileField(map, selectors)({ node: record, up: null })
}

describe('a field of a mapping', () => {
  it('takes the first of several places that has a value', () => {
    assert.equal(pick(['a', 'b'], { a: '', b: 'x' }), 'x')
    assert.equal(pick({ from: ['a', 'b'] }, { b: 'x' }), 'x')
    assert.equal(pick(['a', 'b'], { a: '' }), null)
    assert.equal(pick(['a', 'b'], {}), undefined)
  })

  it('takes all of several places', () => {
    assert.deepEqual(pick({ all: ['a', 'b'] }, { a: 'x', b: ['y', 'z'] }), ['x', 'y', 'z'])
    assert.equal(pick({ all: ['a', 'b'], join: ' ' }, { a: 'x', b: 'y' }), 'x y')
  })

  it('splits lists and keeps a separator behind a backslash', () => {
    assert.deepEqual(pick({ from: 'a', split: ',' }, { a: 'Red\\, dark, Blue,' }), ['Red, dark', 'Blue'])
    assert.deepEqual(pick({ from: 'a', split: ['|', ';'] }, { a: 'x|y;z' }), ['x', 'y', 'z'])
  })

  it('takes a part, a match, a replacement, another word', () => {
    assert.equal(pick({ from: 'a', first: '/' }, { a: 'Red/Rot' }), 'Red')
    assert.equal(pick({ from: 'a', split: ',', first: true }, { a: 'x,y' }), 'x')
    assert.equal(pick({ from: 'a', match: '(\\d+) kg' }, { a: 'about 12 kg' }), '12')
    assert.equal(pick({ from: 'a', replace: ["^'", ''] }, { a: "'735" }), '735')
    assert.equal(pick({ from: 'a', lookup: { '1': 'yes' } }, { a: '1' }), 'yes')
    assert.equal(pick({ from: 'a', lookup: { '1': 'yes' } }, { a: 'toString' }), 'toString')
  })

  it('says nothing where a value is there but does not match', () => {
    assert.equal(pick({ from: 'a', match: '^\\d+$' }, { a: 'none' }), undefined)
    assert.equal(pick({ from: 'a', match: '^\\d+$' }, { a: '' }), null)
  })

  it('reads dates in the format that is said, and only real ones', () => {
    assert.equal(pick({ from: 'a', date: 'DD.MM.YYYY' }, { a: '1.2.2026' }), '2026-02-01')
    assert.equal(pick({ from: 'a', date: 'YYYYMMDD' }, { a: '20260131' }), '2026-01-31')
    assert.equal(pick({ from: 'a', date: 'DD.MM.YYYY' }, { a: '31.02.2026' }), undefined)
  })

  it('adds values up, and makes what is no number a reject (F12)', () => {
    assert.equal(pick({ from: 'a', sum: true }, { a: ['1', '2.5'] }), '3.5')
    assert.throws(() => pick({ from: 'a', sum: true }, { a: ['1', 'NaN'] }), RecordProblem)
  })

  it('falls back to a default for absent and blank, and knows constants', () => {
    assert.equal(pick({ from: 'a', default: 'x' }, {}), 'x')
    assert.equal(pick({ from: 'a', default: 'x' }, { a: '' }), 'x')
    assert.equal(pick({ value: 'PLN' }, {}), 'PLN')
  })
})
