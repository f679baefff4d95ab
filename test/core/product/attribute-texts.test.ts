import assert from 'node:assert/strict'
import fc from 'fast-check'
import { AttributeTexts } from '../../../src/core/product/attribute-texts.js'

describe('JSON of attributes', () => {
  it('is what JSON.stringify makes of them, however often and in whatever order they come', () => {
    const texts = new AttributeTexts()
    const word = fc.oneof(fc.constantFrom('red', 'size', '', '__proto__', '"'), fc.string({ unit: 'binary' }))
    const attribute = fc.record({ name: word, values: fc.array(word, { maxLength: 3 }) })

    fc.assert(
      fc.property(fc.array(attribute, { maxLength: 5 }), (attributes) => {
        const plain = JSON.stringify(attributes.map(({ name, values }) => ({ name, values })))
        assert.equal(texts.listOf(attributes), plain)
        assert.equal(texts.listOf(attributes), plain)
      }),
    )
  })

  it('has name and values and nothing else', () => {
    const marked = { name: 'color', values: ['red'], isMarked: true }

    assert.equal(new AttributeTexts().listOf([marked]), '[{"name":"color","values":["red"]}]')
  })

  it('is right beyond what is remembered', () => {
    const texts = new AttributeTexts()
    for (let number = 0; number < 5_000; number += 1) {
      const attributes = [{ name: 'EAN', values: [`${number}`] }]
      assert.equal(texts.listOf(attributes), JSON.stringify(attributes))
    }
  })
})
