import assert from 'node:assert/strict'
import fc from 'fast-check'
import { AttributeJson } from '../../../src/core/product/attribute-json.js'
import { JsonBytes } from '../../../src/core/product/json-bytes.js'
import type { Attribute } from '../../../src/core/product/product.js'

function written(json: AttributeJson, attributes: readonly Attribute[]): string {
  const bytes = new JsonBytes(8)
  json.write(bytes, attributes)
  return Buffer.from(bytes.take()).toString()
}

describe('JSON of attributes', () => {
  it('is what JSON.stringify makes of them, however often and in whatever order they come', () => {
    const json = new AttributeJson()
    const word = fc.oneof(fc.constantFrom('red', 'size', '', '__proto__', '"'), fc.string({ unit: 'binary' }))
    const attribute = fc.record({ name: word, values: fc.array(word, { maxLength: 3 }) })

    fc.assert(
      fc.property(fc.array(attribute, { maxLength: 5 }), (attributes) => {
        const plain = JSON.stringify(attributes.map(({ name, values }) => ({ name, values })))
        assert.equal(written(json, attributes), plain)
        assert.equal(written(json, attributes), plain)
      }),
    )
  })

  it('has name and values and nothing else', () => {
    const marked = { name: 'color', values: ['red'], isMarked: true }

    assert.equal(written(new AttributeJson(), [marked]), '[{"name":"color","values":["red"]}]')
  })

  it('is right beyond what is remembered', () => {
    const json = new AttributeJson()
    for (let number = 0; number < 5_000; number += 1) {
      const attributes = [{ name: 'EAN', values: [`${number}`] }]
      assert.equal(written(json, attributes), JSON.stringify(attributes))
    }
  })
})
