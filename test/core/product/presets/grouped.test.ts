import assert from 'node:assert/strict'
import { csv, mapText } from '../map-text.js'

const google = [
  'id',
  'title',
  'price',
  'availability',
  'image_link',
  'additional_image_link',
  'color',
  'size',
  'item_group_id',
]

describe('preset google', () => {
  it('makes items of one group variants of one product, wherever they stand', async () => {
    const { preset, products } = await mapText(
      csv(
        google,
        [
          '1',
          'Shirt red',
          '32.0 USD',
          'in stock',
          'https://x.example/r.jpg',
          'https://x.example/a.jpg,https://x.example/b.jpg',
          'Red',
          'S',
          'G',
        ],
        ['2', 'Hat', '5 USD', 'out of stock', 'https://x.example/h.jpg', '', '', '', ''],
        [
          '3',
          'Shirt blue',
          '33 USD',
          'preorder',
          'https://x.example/bl.jpg',
          'https://x.example/a.jpg',
          'Blue',
          'S',
          'G',
        ],
      ),
    )
    const [shirt, hat] = products
    assert.equal(preset, 'google')
    assert.deepEqual([shirt?.key, shirt?.sku, shirt?.name, shirt?.currency], ['G', 'G', 'Shirt red', 'USD'])
    assert.deepEqual(shirt?.options, ['Color', 'Size'])
    assert.deepEqual(
      shirt?.variants.map(({ key, sku, price, inStock, image }) => [key, sku, price, inStock, image?.url]),
      [
        ['1', '1', '32', true, 'https://x.example/r.jpg'],
        ['3', '3', '33', null, 'https://x.example/bl.jpg'],
      ],
    )
    assert.deepEqual(
      shirt?.images?.map(({ url }) => url.slice('https://x.example/'.length)),
      ['r.jpg', 'a.jpg', 'b.jpg', 'bl.jpg'],
    )
    assert.deepEqual([hat?.key, hat?.variants.length, hat?.price, hat?.inStock], ['2', 0, '5', false])
  })

  it('gives a group of one item one variant', async () => {
    const { products } = await mapText(
      csv(google, ['1', 'Shirt', '1 EUR', '', '', '', 'Red', '', 'G'], ['2', 'Hat', '1 EUR', '', '', '', '', '', '']),
    )
    assert.deepEqual(
      products.map(({ variants }) => variants.length),
      [1, 0],
    )
  })

  it('loses only the bad item of a group, and takes the last of repeated ones', async () => {
    const { products, rejects, repairs } = await mapText(
      csv(
        google,
        ['1', 'Shirt', 'NaN', '', '', '', 'Red', '', 'G'],
        ['2', 'Shirt', '1 EUR', '', '', '', 'Blue', '', 'G'],
        ['2', 'Shirt', '2 EUR', '', '', '', 'Blue', '', 'G'],
      ),
    )
    assert.deepEqual(
      rejects.map(({ code, key, position }) => [code, key, position.line]),
      [['bad_number', '1', 2]],
    )
    assert.deepEqual(
      repairs.map(({ code }) => code),
      ['repeated_variant'],
    )
    assert.deepEqual(
      products[0]?.variants.map(({ key, price }) => [key, price]),
      [['2', '2']],
    )
  })

  it('rejects a product whose prices are in two currencies', async () => {
    const { rejects, products } = await mapText(
      csv(google, ['1', 'A', '1 EUR', '', '', '', 'Red', '', 'G'], ['2', 'A', '1 USD', '', '', '', 'Blue', '', 'G']),
    )
    assert.deepEqual([products.length, rejects[0]?.code], [0, 'mixed_currencies'])
  })

  it('reads RSS and Atom under any prefix', async () => {
    const item = (id: string) =>
      `<x:id>${id}</x:id><title>T${id}</title><x:price>5 EUR</x:price><x:product_type>A &gt; B</x:product_type>`
    const ns = 'xmlns:x="http://base.google.com/ns/1.0"'
    for (const xml of [
      `<rss ${ns}><channel><title>Shop</title><item>${item('1')}</item><item>${item('2')}</item></channel></rss>`,
      `<feed xmlns="http://www.w3.org/2005/Atom" ${ns}><title>Shop</title><entry>${item('1')}</entry><entry>${item('2')}</entry></feed>`,
    ]) {
      const { preset, products } = await mapText(xml)
      assert.equal(preset, 'google')
      assert.deepEqual(
        products.map(({ key, name, categories }) => [key, name, categories]),
        [
          ['1', 'T1', [['A', 'B']]],
          ['2', 'T2', [['A', 'B']]],
        ],
      )
    }
  })
})

describe('preset shopify-csv', () => {
  const shopify = [
    'Handle',
    'Title',
    'Option1 Name',
    'Option1 Value',
    'Variant SKU',
    'Variant Price',
    'Variant Compare At Price',
    'Variant Barcode',
    'Image Src',
    'Image Alt Text',
    'Variant Image',
  ]

  it('reads variants and images from continuation rows', async () => {
    const { preset, products } = await mapText(
      csv(
        shopify,
        ['shirt', 'Shirt', 'Size', 'S', '', '10', '12', "'7350177880121", 'https://x.example/1.jpg', 'Front', ''],
        ['shirt', '', '', 'M', '', '11', '', '', 'https://x.example/2.jpg', '', 'https://x.example/m.jpg'],
        ['', '', '', '', '', '', '', '', 'https://x.example/3.jpg', '', ''],
        ['cap', 'Cap', 'Title', 'Default Title', 'CAP', '5', '', '', '', '', ''],
      ),
    )
    const [shirt, cap] = products
    assert.equal(preset, 'shopify-csv')
    assert.deepEqual([shirt?.key, shirt?.sku, shirt?.options], ['shirt', 'shirt', ['Size']])
    assert.deepEqual(
      shirt?.variants.map(({ key, sku, price, salePrice, gtin }) => [key, sku, price, salePrice, gtin]),
      [
        ['S', 'shirt-s', '12', '10', '7350177880121'],
        ['M', 'shirt-m', '11', undefined, null],
      ],
    )
    assert.deepEqual(shirt?.images, [
      { url: 'https://x.example/1.jpg', alt: 'Front' },
      { url: 'https://x.example/2.jpg' },
      { url: 'https://x.example/3.jpg' },
    ])
    assert.equal(shirt?.variants[1]?.image?.url, 'https://x.example/m.jpg')
    assert.deepEqual([cap?.sku, cap?.price, cap?.variants, cap?.options], ['CAP', '5', [], []])
  })

  it('tells variants apart that bear one SKU', async () => {
    const row = (size: string, title = '') => ['shirt', title, 'Size', size, 'SAME', '10', '', '', '', '', '']
    const [first, second] = [
      await mapText(csv(shopify, row('S', 'Shirt'), row('M'))),
      await mapText(csv(shopify, row('M', 'Shirt'), row('S'))),
    ]
    const skus = (result: typeof first) => result.products[0]?.variants.map(({ sku }) => sku).sort()
    assert.equal(new Set(skus(first)).size, 2)
    assert.deepEqual(skus(first), skus(second), 'in whatever order they come')
    assert.deepEqual(
      first.repairs.map(({ code }) => code),
      ['repeated_sku'],
    )
  })
})

describe('preset woocommerce-csv', () => {
  const woo = [
    'ID',
    'Type',
    'SKU',
    'Name',
    'Published',
    'Regular price',
    'Sale price',
    'Stock',
    'Categories',
    'Images',
    'Parent',
    'Attribute 1 name',
    'Attribute 1 value(s)',
    'Weight (kg)',
    'Description',
  ]
  const row = (cells: Readonly<Record<string, string>>) => woo.map((column) => cells[column] ?? '')
  const parent = {
    ID: '1',
    Type: 'variable',
    SKU: 'tee',
    Name: 'Tee',
    'Attribute 1 name': 'Color',
    'Attribute 1 value(s)': 'Red\\, dark, Blue',
    'Weight (kg)': '.5',
  }
  const child = (sku: string, of: string, color: string) => ({
    Type: 'variation',
    SKU: sku,
    Name: `Tee ${color}`,
    Parent: of,
    'Regular price': '9',
    'Attribute 1 name': 'Color',
    'Attribute 1 value(s)': color,
  })

  it('finds the parent by SKU in any case or by id, before or after its variations', async () => {
    const { products, rejects } = await mapText(
      csv(
        woo,
        row(child('tee-b', 'id:1', 'Blue')),
        row({ Type: 'simple', SKU: 'cap', Name: 'Cap' }),
        row(parent),
        row(child('tee-r', 'TEE', 'Red')),
      ),
    )
    assert.deepEqual(rejects, [])
    const tee = products.find(({ key }) => key === 'tee')
    assert.deepEqual([products.length, tee?.name, tee?.options], [2, 'Tee', ['Color']])
    assert.deepEqual(
      tee?.variants.map(({ sku, options }) => [sku, options[0]?.[1]]),
      [
        ['tee-b', 'Blue'],
        ['tee-r', 'Red'],
      ],
    )
    assert.deepEqual(tee?.weight, { value: '0.5', unit: 'kg' })
  })

  it('rejects a variation whose parent the feed does not have', async () => {
    const { products, rejects } = await mapText(
      csv(woo, row(parent), row(child('x', 'nobody', 'Red')), row(child('y', '', 'Red'))),
    )
    assert.equal(products.length, 1)
    assert.deepEqual(
      rejects.map(({ code, key, position }) => [code, key, position.line]),
      [
        ['no_parent', 'x', 3],
        ['no_parent', 'y', 4],
      ],
    )
  })

  it('falls back to the ID for a key, and leaves a SKU that parent and variation share to the variation', async () => {
    const { products } = await mapText(
      csv(
        woo,
        row({ ...parent, SKU: '' }),
        row(child('', 'id:1', 'Red')),
        row({ ...parent, ID: '2', SKU: 'hat' }),
        row(child('HAT', 'hat', 'Red')),
      ),
    )
    assert.deepEqual(
      products.map(({ key, sku, variants }) => [key, sku, variants.map((variant) => variant.sku)]),
      [
        ['1', '1', ['1-red']],
        ['hat', null, ['HAT']],
      ],
    )
  })

  it('reads lists, paths, status and line ends as the exporter writes them', async () => {
    const { products } = await mapText(
      csv(
        woo,
        row({
          ...parent,
          Type: 'simple, virtual',
          Published: '-1',
          Categories: 'A > B, C',
          Images: 'https://x.example/1.jpg, https://x.example/2.jpg',
          Description: 'a\\nb',
          'Regular price': '10',
          'Sale price': '8',
        }),
      ),
    )
    const [tee] = products
    assert.deepEqual(tee?.categories, [['A', 'B'], ['C']])
    assert.deepEqual(
      [tee?.images?.length, tee?.status, tee?.description, tee?.price, tee?.salePrice],
      [2, 'draft', 'a\nb', '10', '8'],
    )
    assert.deepEqual(tee?.attributes, [{ name: 'Color', values: ['Red, dark', 'Blue'] }])
  })
})
