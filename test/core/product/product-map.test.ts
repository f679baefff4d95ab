import assert from 'node:assert/strict'
import { nearest, unknownFields } from '../../../src/core/product/product-map.js'

describe('unknownFields', () => {
  it('finds misspelt fields at every level and names the nearest', () => {
    const map = {
      nmae: 'Title',
      images: { from: 'Photos', spilt: '|' },
      categories: { from: 'C', levels: '>' },
      variants: { each: 'sizes', optoins: {}, stock: [{ form: 'x' }] },
    }
    assert.deepEqual(unknownFields(map), [
      { path: 'map.nmae', nearest: 'name' },
      { path: 'map.images.spilt', nearest: 'split' },
      { path: 'map.variants.optoins', nearest: 'options' },
      { path: 'map.variants.stock.0.form', nearest: 'from' },
    ])
  })

  it('is silent about what is right, and about what is no map', () => {
    assert.deepEqual(unknownFields({ sku: 'A', attributes: { Any: 'x' }, group: { key: 'g', name: 'n' } }), [])
    for (const other of [null, 'x', 3, []]) assert.deepEqual(unknownFields(other), [])
  })
})

describe('nearest', () => {
  it('finds a slip and no other word', () => {
    assert.equal(nearest('artikelnr', ['Artikelnr.', 'Preis']), 'Artikelnr.')
    assert.equal(nearest('weight', ['colour', 'brand']), null)
  })
})
