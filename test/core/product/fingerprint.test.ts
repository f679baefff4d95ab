import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  ChunkWriter,
  digestOf,
  imagesWanted,
  parseBody,
  type StagedProduct,
  sealed,
  toStagedProduct,
} from '../../../src/core/product/fingerprint.js'
import { mappingDigest } from '../../../src/core/product/mapping-digest.js'
import type { Decimal, Product, Variant } from '../../../src/core/product/product.js'

const product: Product = {
  key: 'a',
  name: 'A "quoted" <b>name</b>',
  sku: 'A',
  description: null,
  categories: [['Women', 'Tops']],
  images: [{ url: 'https://x.example/1.jpg', alt: 'Front' }, { url: 'https://x.example/2.jpg' }],
  price: '12.5' as Decimal,
  stock: '0' as Decimal,
  weight: { value: '1' as Decimal, unit: 'kg' },
  attributes: [{ name: 'Material', values: ['Wool'] }],
  options: ['Size'],
  variants: [
    {
      key: 'a-s',
      sku: 'A-S',
      options: [['Size', 'S']],
      price: '12.5' as Decimal,
      image: { url: 'https://x.example/3.jpg' },
    },
    { key: 'a-m', sku: 'A-M', options: [['Size', 'M']], price: null, image: null },
  ],
}

const staged = (one: Product) => toStagedProduct({ product: one, line: 3 })
const row = (one: Product) => staged(one).row

/** The same object with its keys in another order, at every level. */
function shuffled<T>(value: T, seed: number): T {
  if (Array.isArray(value)) return value.map((item) => shuffled(item, seed)) as T
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, one]) => [key, shuffled(one, seed)] as const)
  return Object.fromEntries(
    entries.sort(([a], [b]) => ((a.charCodeAt(0) * seed) % 7) - ((b.charCodeAt(0) * seed) % 7)),
  ) as T
}

describe('toStagedProduct', () => {
  it('restores the product from its body, absent and blank apart', () => {
    assert.deepEqual(parseBody(staged(product).body), product)
    assert.equal('gtin' in parseBody(staged(product).body), false)
  })

  it('writes every field there is, in an order that never changes', () => {
    const decimal = '1.5' as Decimal
    const measure = { value: decimal, unit: 'kg' }
    const image = { url: 'https://x.example/1.jpg', alt: 'Front' }
    const offer = {
      price: decimal,
      salePrice: decimal,
      wholesalePrice: decimal,
      stock: decimal,
      inStock: false,
      availability: 'in 3 days',
    }
    const variant: Required<Variant> = {
      key: 'a-s',
      sku: 'A-S',
      gtin: '0001',
      mpn: 'm',
      options: [['Size', '"S"']],
      weight: measure,
      ...offer,
      image,
    }
    const whole: Required<Product> = {
      key: 'a',
      name: 'A',
      sku: 'A',
      gtin: '0001',
      mpn: 'm',
      description: '<p class="x">\n',
      shortDescription: 'short',
      brand: 'B',
      categories: [['Women', 'Tops'], ['New']],
      tags: ['one', 'two'],
      currency: 'PLN',
      taxIncluded: true,
      vatRate: decimal,
      weight: measure,
      length: measure,
      width: { value: decimal },
      height: null,
      attributes: [{ name: 'Material', values: ['Wool', 'Silk'] }],
      status: 'draft',
      url: 'https://x.example/a',
      options: ['Size'],
      ...offer,
      images: [image, { url: 'https://x.example/2.jpg' }],
      variants: [variant, { key: 'a-m', options: [], image: null }],
    }
    assert.equal(staged(whole).body, JSON.stringify(whole))
  })

  it('gives the same row whatever the order of keys', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), (seed) =>
        assert.deepEqual(staged(shuffled(product, seed)), staged(product)),
      ),
    )
  })

  it('has the fingerprints that are taken later, from bodies that were written in several parts', () => {
    const bare: Product = { key: 'ż', name: 'Żółć 😀 \ud800', options: [], variants: [] }
    const mapped = [
      product,
      bare,
      { ...product, options: [], variants: [] },
      { ...bare, images: [], price: null },
      { ...bare, description: 'x'.repeat(100_000), stock: '1' as Decimal },
    ].map((one) => ({ product: one, line: 3 }))
    const writer = new ChunkWriter()
    for (const part of [mapped.slice(0, 2), [], mapped.slice(2)]) writer.add(part)
    const { rows, bodies } = sealed(writer.take())

    const atOnce = mapped.map(toStagedProduct)
    assert.deepEqual(
      rows,
      atOnce.map((one) => one.row),
    )
    assert.equal(Buffer.from(bodies).toString(), atOnce.map(({ body }) => `${body}\n`).join(''))
    assert.equal(new Set(rows.map(({ content }) => content)).size, 4)
    const { rows: none, bodies: later } = writer.take()
    assert.equal(none.length + later.length, 0)
    // Each can be handed over to another thread by itself.
    assert.notEqual(later.buffer, bodies.buffer)
    assert.equal(bodies.byteOffset, 0)
  })

  it('counts what is the shop’s for nothing, and keeps it in the body for the day on which the product is made', () => {
    const left = ['name', 'price', 'stock'] as const
    const cut = (one: Product): StagedProduct => {
      const writer = new ChunkWriter(left)
      writer.add([{ product: one, line: 3 }])
      const { rows, bodies } = sealed(writer.take())
      assert.ok(rows[0] !== undefined)
      return { row: rows[0], body: Buffer.from(bodies).toString().trimEnd() }
    }
    const [small, ...others] = product.variants
    assert.ok(small !== undefined)

    const before = cut(product)
    const variants = [{ ...small, price: '99' as Decimal, stock: null }, ...others]
    const edited = cut({ ...product, name: 'Other', price: '1' as Decimal, inStock: false, variants })
    const { content, offer, images } = before.row

    assert.deepEqual([edited.row.content, edited.row.offer, edited.row.images], [content, offer, images])
    assert.equal(parseBody(edited.body).name, 'Other')
    assert.equal(before.body, staged(product).body)
    assert.notEqual(cut({ ...product, description: 'Other' }).row.content, content)
    assert.notEqual(content, row(product).content)
  })

  it('has fingerprints of 22 characters that change with what they are of, and only with that', () => {
    const before = row(product)
    const changes = (changed: Partial<Product>) => {
      const after = row({ ...product, ...changed })
      return (['content', 'offer', 'images'] as const).filter((name) => after[name] !== before[name])
    }
    assert.match(before.content, /^[\w-]{22}$/)
    assert.deepEqual(changes({ name: 'B' }), ['content'])
    assert.deepEqual(changes({ description: '' }), ['content'])
    assert.deepEqual(changes({ price: '12.51' as Decimal }), ['offer'])
    assert.deepEqual(changes({ stock: null }), ['offer'])
    assert.deepEqual(changes({ inStock: true, availability: 'soon' }), ['offer'])
    assert.deepEqual(changes({ images: [] }), ['images'])
    assert.deepEqual(changes({ images: [...(product.images ?? [])].reverse() }), ['images'])
    const [small, medium] = product.variants
    assert.ok(small !== undefined && medium !== undefined)
    assert.deepEqual(changes({ variants: [{ ...small, stock: '1' as Decimal }, medium] }), ['offer'])
    assert.deepEqual(changes({ variants: [{ ...small, image: { url: 'https://x.example/4.jpg' } }, medium] }), [
      'images',
    ])
    assert.deepEqual(changes({ variants: [{ ...small, options: [['Size', 'XS']] }, medium] }), ['content'])
    assert.deepEqual(changes({ variants: [medium, small] }), ['content', 'offer', 'images'])
  })

  it('counts images and those of variants that are not among them', () => {
    assert.equal(row(product).images_wanted, 3)
    assert.equal(row(product).variants, 2)
    const [small] = product.variants
    assert.ok(small !== undefined)
    assert.equal(imagesWanted({ ...product, variants: [{ ...small, image: { url: 'https://x.example/1.jpg' } }] }), 2)
    assert.equal(imagesWanted({ key: 'b', name: 'B', options: [], variants: [] }), 0)
  })

  it('drops what is no field of a product', () => {
    const strange = { ...product, secret: 'x', images: [{ url: 'u', width: 3 }] }
    assert.doesNotMatch(staged(strange).body, /secret|width/)
  })
})

describe('mappingDigest', () => {
  const transform = (_record: unknown, product: Product) => product

  it('changes with everything that shapes mapping', () => {
    const digests = [
      mappingDigest({}),
      mappingDigest({ preset: 'yml' }),
      mappingDigest({ map: { sku: 'A' } }),
      mappingDigest({ transform }),
      mappingDigest({ transform, transformSource: 'v2' }),
      mappingDigest({ price: { margin: 1 } }),
      mappingDigest({ include: { brand: 'x' } }),
      mappingDigest({ exclude: { brand: 'x' } }),
      mappingDigest({ stock: { skipUnavailable: true } }),
      mappingDigest({ skuPrefix: 'x-' }),
      mappingDigest({ variantImages: 'shared' }),
    ]
    assert.equal(new Set(digests).size, digests.length)
  })

  it('does not change with the order of keys or with anything else in the config', () => {
    const map = { sku: 'A', name: 'B' }
    assert.equal(mappingDigest({ map }), mappingDigest({ map: { name: 'B', sku: 'A' } }))
    const wholesaler = { map, feed: 'x.csv', headers: {} }
    assert.equal(mappingDigest(wholesaler), mappingDigest({ map }))
    assert.equal(digestOf({ a: undefined }), digestOf({}))
  })
})
