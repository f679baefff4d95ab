import assert from 'node:assert/strict'
import fc from 'fast-check'
import { ascii, JsonBytes } from '../../../src/core/product/json-bytes.js'
import { writeTexts } from '../../../src/core/product/write-texts.js'

const wide = ['a', '~', '\u007f', '\u0080', 'ż', '\u07ff', '\u0800', '\u2028', '\uffff', '😀', '\ud800', '\udfff']
const escapes = ['a', '"', '\\', '\0', '\b', '\t', '\n', '\v', '\f', '\r', '\u001f', '/']

/** Texts with all that JSON and UTF-8 write otherwise. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: fc.constantFrom(...wide), maxLength: 60 }),
  fc.string({ unit: fc.constantFrom(...escapes), maxLength: 60 }),
)

describe('JSON that is written as bytes', () => {
  it('is what JSON.stringify writes, in UTF-8', () => {
    const json = new JsonBytes(16)
    fc.assert(
      fc.property(fc.array(text), (texts) => {
        writeTexts(json, texts)
        assert.equal(Buffer.from(json.take()).toString('hex'), Buffer.from(JSON.stringify(texts)).toString('hex'))
      }),
      { numRuns: 1000 },
    )
  })

  it('grows with what is written, and leaves alone what was taken', () => {
    const json = new JsonBytes(4)
    json.text('x'.repeat(1000))
    json.raw(ascii(',1'))
    const taken = json.take()
    assert.equal(json.length, 0)
    json.text('y'.repeat(2000))
    assert.equal(Buffer.from(taken).toString(), `"${'x'.repeat(1000)}",1`)
    assert.notEqual(json.part(0, 1).buffer, taken.buffer)
    json.clear()
    json.text('z')
    assert.equal(Buffer.from(json.part(0, json.length)).toString(), '"z"')
  })
})
