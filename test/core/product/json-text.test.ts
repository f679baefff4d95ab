import assert from 'node:assert/strict'
import fc from 'fast-check'
import { member, quoted, quotedList, textMember } from '../../../src/core/product/json-text.js'

/** Texts with all that JSON writes otherwise, of all lengths. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({
    unit: fc.constantFrom('a', 'ż', '"', '\\', '\n', '\u001f', '\u007f', '\u2028', '\ud800', '\udfff', '😀'),
    maxLength: 60,
  }),
)

describe('JSON of texts', () => {
  it('is what JSON.stringify writes, for one and for lists', () => {
    fc.assert(
      fc.property(fc.array(text), (texts) => {
        for (const one of texts) assert.equal(quoted(one), JSON.stringify(one))
        assert.equal(quotedList(texts), JSON.stringify(texts))
      }),
    )
  })

  it('leaves out what is absent, and writes what is blank', () => {
    assert.equal(textMember(',"brand":', undefined), '')
    assert.equal(textMember(',"brand":', null), ',"brand":null')
    assert.equal(textMember(',"brand":', ''), ',"brand":""')
    assert.equal(member(',"inStock":', undefined), '')
    assert.equal(member(',"inStock":', null), ',"inStock":null')
    assert.equal(member(',"inStock":', false), ',"inStock":false')
  })
})
