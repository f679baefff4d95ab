import assert from 'node:assert/strict'
import { CategoryTree, compileCategories } from '../../../src/core/product/category-path.js'
import type { ProductMap } from '../../../src/core/product/product-map.js'
import { selectorsFor } from '../../../src/core/product/selector.js'

const selectors = selectorsFor({ format: 'json', compression: 'none', encoding: 'utf-8' })

function paths(
  map: NonNullable<ProductMap['categories']>,
  record: Readonly<Record<string, string | readonly string[]>>,
) {
  return compileCategories(map, selectors, null)({ node: record, up: null })
}

describe('category paths', () => {
  it('are cut at > when nothing else is said', () => {
    assert.deepEqual(paths('c', { c: 'Women > Tops' }), [['Women', 'Tops']])
    assert.deepEqual(paths('c', { c: 'Gutters / Roof > UPVC' }), [['Gutters / Roof', 'UPVC']])
    assert.deepEqual(paths('c', { c: ['A', 'B > C', 'A'] }), [['A'], ['B', 'C']])
  })

  it('are cut as the mapping says, and blank levels are dropped', () => {
    assert.deepEqual(paths({ from: 'c', levels: '|' }, { c: 'Heureka.cz | ' }), [['Heureka.cz']])
    assert.deepEqual(paths({ from: 'c', levels: '\\' }, { c: 'Moda\\Figi | Stringi' }), [['Moda', 'Figi | Stringi']])
    assert.deepEqual(paths({ from: 'c', levels: '' }, { c: 'A > B' }), [['A > B']])
  })

  it('keep a slash between spaces inside a level', () => {
    assert.deepEqual(paths({ from: 'c', levels: '/' }, { c: 'Bielizna/Fantazyjna / Biustonosze' }), [
      ['Bielizna', 'Fantazyjna / Biustonosze'],
    ])
  })

  it('come from the columns of their levels', () => {
    assert.deepEqual(paths({ path: ['a', 'b'] }, { a: 'Audio', b: 'Buds' }), [['Audio', 'Buds']])
    assert.deepEqual(paths({ path: ['a', 'b'] }, { a: 'Audio', b: '' }), [['Audio']])
    assert.deepEqual(paths({ path: ['a', 'b'] }, { a: '', b: '' }), [])
    assert.equal(paths({ path: ['a', 'b'] }, {}), undefined)
  })

  it('tell absent from blank', () => {
    assert.equal(paths('c', {}), undefined)
    assert.deepEqual(paths('c', { c: '' }), [])
  })
})

describe('a category tree', () => {
  it('gives paths from the root, also when parents come last', () => {
    const tree = new CategoryTree()
    tree.add('3', 'C', '2')
    tree.add('2', 'B', '1')
    assert.deepEqual(tree.path('3'), ['B', 'C'])
    tree.add('1', 'A', null)
    assert.deepEqual(tree.path('3'), ['A', 'B', 'C'])
    assert.deepEqual(tree.path('9'), [])
  })

  it('does not follow a circle', () => {
    const tree = new CategoryTree()
    tree.add('1', 'A', '2')
    tree.add('2', 'B', '1')
    assert.deepEqual(tree.path('1'), ['B', 'A'])
  })
})
