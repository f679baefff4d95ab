import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import type { Product } from '../../../../src/core/product/product.js'
import { exportCatalog } from '../../../../src/core/store/catalog/export-csv.js'
import { batchOf, decimal, idOf, product, variable, variant } from '../../../contract/store-fixture.js'
import { realFeed } from '../../../support/feeds.js'
import { inTempDir } from '../../../support/temp-dir.js'
import { type CatalogFixture, catalogFixture } from './catalog-fixture.js'
import { exportRows, exportText, readExport, readProducts } from './exported.js'
import { wooCategories, wooList, wooLongText, wooText } from './woocommerce-rules.js'

async function inCatalog(body: (fixture: CatalogFixture) => Promise<void>): Promise<void> {
  const fixture = await catalogFixture()
  try {
    await body(fixture)
  } finally {
    await fixture.close()
  }
}

async function importAll({ store }: CatalogFixture, products: readonly Product[]): Promise<void> {
  for (let from = 0; from < products.length; from += 100) {
    const results = await store.apply(batchOf(products.slice(from, from + 100)))
    for (const result of results) assert.notEqual(result.outcome, 'rejected', JSON.stringify(result))
  }
}

/** Imports, exports, imports the export into another catalog, and returns both exports. */
async function thereAndBack(products: readonly Product[]): Promise<{ first: string; second: string; read: Product[] }> {
  let [first, second] = ['', '']
  let read: Product[] = []
  await inCatalog(async (from) => {
    await importAll(from, products)
    first = await exportText(from.path)
    read = await readExport(first, join(from.dir, 'export.csv'), join(from.dir, 'tmp'))
    await inCatalog(async (to) => {
      await importAll(to, read)
      second = await exportText(to.path)
    })
  })
  return { first, second, read }
}

describe('exportCatalog', () => {
  it('writes what WooCommerce reads: headers, types, prices, lists', () =>
    inCatalog(async (catalog) => {
      await importAll(catalog, [
        product('b-1', {
          name: 'Mug, "large"',
          price: decimal('12.5'),
          salePrice: decimal('10'),
          stock: decimal('-3'),
          inStock: false,
          gtin: '0590123412345',
          brand: 'Acme',
          status: 'draft',
          description: '<p>One</p>\n<p>Two</p>',
          shortDescription: 'Short',
          categories: [['Home', 'Mugs, cups'], ['A > B']],
          tags: ['new', 'one,two'],
          weight: { value: decimal('0.4'), unit: 'kg' },
          width: { value: decimal('10'), unit: 'cm' },
          attributes: [{ name: 'Color', values: ['Red', 'Blue, dark'] }],
        }),
      ])

      const text = await exportText(catalog.path)
      const [row] = await exportRows(catalog.path)

      assert.ok(text.startsWith('\ufeffType,SKU,"GTIN, UPC, EAN, or ISBN",Name,Published,'))
      assert.deepEqual(row, {
        Type: 'simple',
        SKU: 'b-1',
        'GTIN, UPC, EAN, or ISBN': '0590123412345',
        Name: 'Mug, "large"',
        Published: '-1',
        'Short description': 'Short',
        Description: '<p>One</p>\\n<p>Two</p>',
        'Tax status': 'taxable',
        'In stock?': '0',
        Stock: '-3',
        'Weight (kg)': '0.4',
        'Length (cm)': '',
        'Width (cm)': '10',
        'Height (cm)': '',
        'Sale price': '10',
        'Regular price': '12.5',
        Categories: 'Home > Mugs\\, cups, A &gt; B',
        Tags: 'new, one\\,two',
        Images: '',
        Parent: '',
        Position: '0',
        Brands: 'Acme',
        'Attribute 1 name': 'Color',
        'Attribute 1 value(s)': 'Red, Blue\\, dark',
        'Attribute 1 visible': '1',
        'Attribute 1 global': '0',
      })
    }))

  it('sorts by SKU, a parent before its variations, which name it', () =>
    inCatalog(async (catalog) => {
      const variants = [variant('M', { sku: 'a-m', price: decimal('2') }), variant('S', { sku: '0-s' })]
      await importAll(catalog, [product('z'), variable('k', variants, { sku: 'B' }), product('a'), product('C')])

      const rows = await exportRows(catalog.path)

      assert.deepEqual(
        rows.map((row) => [row.Type, row.SKU, row.Parent, row.Position, row['Attribute 1 value(s)']]),
        [
          ['simple', 'a', '', '0', ''],
          ['variable', 'B', '', '0', 'M, S'],
          ['variation', 'a-m', 'B', '0', 'M'],
          ['variation', '0-s', 'B', '1', 'S'],
          ['simple', 'C', '', '0', ''],
          ['simple', 'z', '', '0', ''],
        ],
      )
    }))

  it('gives a parent without SKU one that its variations can name', () =>
    inCatalog(async (catalog) => {
      await importAll(catalog, [variable('X', [variant('S', { sku: 'X' })])])

      const [parent, variation] = await exportRows(catalog.path)

      assert.equal(parent?.SKU, 'X-p1')
      assert.deepEqual([variation?.SKU, variation?.Parent], ['X', 'X-p1'])
    }))

  it('names images by the addresses they came from, or by those of the media folder', () =>
    inCatalog(async (catalog) => {
      const { store, path, putFile } = catalog
      const id = await idOf(
        store,
        variable('p', [variant('S')], { images: [{ url: 'https://a.example/not-yet.jpg' }] }),
      )
      const before = await exportRows(path)
      const images = [await store.putImage(await putFile('1')), await store.putImage(await putFile('2'))]
      const links = images.map((image, index) => ({
        imageId: image.id,
        originalUrl: ['https://a.example/w_1,h_2/1.jpg', 'photos/2.jpg'][index] ?? '',
      }))
      await store.setImages({ jobId: 1, token: 1 }, id, { gallery: links, variants: { S: links[1] ?? links[0]! } })

      const original = await exportRows(path)
      const served = await exportRows(path, 'https://cdn.example/media/')

      assert.equal(before[0]?.Images, 'https://a.example/not-yet.jpg')
      assert.deepEqual(
        original.map((row) => row.Images),
        ['https://a.example/w_1\\,h_2/1.jpg, photos/2.jpg', 'photos/2.jpg'],
      )
      assert.deepEqual(
        served.map((row) => row.Images),
        [
          `https://cdn.example/media/${images[0]?.url}, https://cdn.example/media/${images[1]?.url}`,
          `https://cdn.example/media/${images[1]?.url}`,
        ],
      )
    }))

  it('F9: sets an apostrophe before text that looks like a formula, and leaves numbers numbers', () =>
    inCatalog(async (catalog) => {
      const evil = '=HYPERLINK("http://evil.example","x")'
      await importAll(catalog, [
        product('-1', {
          name: evil,
          description: '@x',
          brand: '+x',
          categories: [['-x']],
          tags: ['=x'],
          stock: decimal('-2'),
          attributes: [{ name: '=n', values: ['-v'] }],
        }),
      ])

      const [row] = await exportRows(catalog.path)

      assert.deepEqual(
        [row?.SKU, row?.Name, row?.Description, row?.Brands, row?.Categories, row?.Tags, row?.Stock],
        ["'-1", `'${evil}`, "'@x", "'+x", "'-x", "'=x", '-2'],
      )
      assert.deepEqual([row?.['Attribute 1 name'], row?.['Attribute 1 value(s)']], ["'=n", "'-v"])
    }))

  it('keeps the unit all products share, and converts exactly where there are several', () =>
    inCatalog(async (catalog) => {
      const inGrams = (key: string, value: string, unit: string) =>
        product(key, { weight: { value: decimal(value), unit }, length: { value: decimal('5'), unit: 'mm' } })
      await importAll(catalog, [inGrams('a', '250', 'g')])
      const [shared] = await exportRows(catalog.path)
      await importAll(catalog, [inGrams('b', '2.2', 'lbs'), inGrams('c', '1', 'stone')])

      const mixed = await exportRows(catalog.path)

      assert.deepEqual([shared?.['Weight (g)'], shared?.['Length (mm)']], ['250', '5'])
      assert.deepEqual(
        mixed.map((row) => row['Weight (kg)']),
        ['0.25', '0.997903214', ''],
      )
    }))

  it('says what to do when there is no catalog, and makes none', () =>
    inTempDir(async (dir) => {
      for (const name of ['none.db', 'empty.db']) {
        if (name === 'empty.db') await writeFile(join(dir, name), '')
        const pieces = exportCatalog(join(dir, name), { mediaUrl: null })

        await assert.rejects(pieces.next(), { kind: 'usage', hint: /import/ })
      }
      assert.equal(existsSync(join(dir, 'none.db')), false)
    }))

  it('shows the catalog of one moment while an import goes on, page after page', () =>
    inCatalog(async (catalog) => {
      const keys = Array.from({ length: 450 }, (_, index) => String(index).padStart(3, '0'))
      await importAll(
        catalog,
        keys.map((key) => product(key)),
      )
      const pieces: string[] = []

      for await (const piece of exportCatalog(catalog.path, { mediaUrl: null })) {
        pieces.push(piece)
        await idOf(catalog.store, product(`999-${pieces.length}`))
      }

      const skus = pieces.join('').match(/^simple,(\d+)/gm)
      assert.equal(pieces.length, 4)
      assert.deepEqual(
        skus,
        keys.map((key) => `simple,${key}`),
      )
    }))

  it('an empty catalog is a header', () =>
    inCatalog(async ({ path }) => {
      assert.match(await exportText(path), /^\ufeffType,[^\n]*Brands\r\n$/)
    }))
})

describe('an export that is imported again', () => {
  it('gives the same products', async () => {
    const shirt = variable(
      'shirt',
      [
        variant('shirt-s', { sku: 'shirt-s', price: decimal('10'), stock: decimal('1'), options: [['Size', 'S']] }),
        variant('shirt-m', {
          sku: 'shirt-m',
          price: decimal('11'),
          stock: decimal('0'),
          options: [['Size', 'M, long']],
        }),
      ],
      {
        name: 'Shirt "best"',
        description: '<p>One,\r\ntwo;</p>\n\n<b>three</b>',
        categories: [['Wear', 'Shirts, tops'], ['New']],
        tags: ['a', 'b,c'],
        images: [{ url: 'https://a.example/1.jpg' }, { url: 'https://a.example/2.jpg' }],
        attributes: [{ name: 'Material', values: ['Cotton', 'Silk, fine'] }],
        status: 'publish',
        brand: 'Acme',
      },
    )

    const { first, second, read } = await thereAndBack([
      shirt,
      product('mug', { price: decimal('5.25'), salePrice: decimal('4'), stock: decimal('-1'), status: 'private' }),
    ])

    assert.equal(second, first)
    const back = read.find(({ key }) => key === 'shirt')
    for (const field of ['name', 'description', 'categories', 'tags', 'images', 'attributes', 'options'] as const) {
      assert.deepEqual(back?.[field], shirt[field], field)
    }
    assert.deepEqual(
      back?.variants.map(({ sku, price, stock, options }) => ({ sku, price, stock, options })),
      shirt.variants.map(({ sku, price, stock, options }) => ({ sku, price, stock, options })),
    )
  })

  it('F9: gives back every text by the rules of WooCommerce', async () => {
    const character = fc.constantFrom(...'ab,>\\"\'=-+@;|& n\n')
    const text = fc.string({ unit: character, minLength: 1, maxLength: 12 }).map((each) => each.trim())
    // WooCommerce takes the apostrophe off such a text, whoever wrote it.
    const kept = text.filter((each) => each !== '' && !/^'[=+\-@]/.test(each))
    const name = kept.filter((each) => !each.includes('&gt;'))
    const anyProduct = fc.record({
      name: kept,
      description: kept.filter((each) => !/\\$|\\\n/.test(each)),
      brand: kept,
      tags: fc.uniqueArray(kept, { minLength: 1, maxLength: 3 }),
      categories: fc.uniqueArray(fc.array(name, { minLength: 1, maxLength: 2 }), { minLength: 1, selector: String }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(anyProduct, { minLength: 1, maxLength: 9 }), (all) =>
        inCatalog(async (catalog) => {
          await importAll(
            catalog,
            all.map((fields, index) => product(String(index), fields)),
          )

          const rows = await exportRows(catalog.path)

          assert.deepEqual(
            rows.map((row) => ({
              name: wooText(row.Name),
              description: wooLongText(row.Description),
              brand: wooList(row.Brands)[0],
              tags: wooList(row.Tags),
              categories: wooCategories(row.Categories),
            })),
            all.map((fields) => ({ ...fields })),
          )
        }),
      ),
      { numRuns: 30 },
    )
  })

  for (const [feed, preset] of [
    ['shopify/shopify_sample_apparel.csv', 'shopify-csv'],
    ['shopify/shopify_real_export_hair.csv', 'shopify-csv'],
    ['woocommerce/sample_products.csv', 'woocommerce-csv'],
  ] as const) {
    it(`gives the same file for a real feed: ${feed}`, async function () {
      this.timeout(60_000)
      const file = realFeed(this, feed)

      await inTempDir(async (dir) => {
        const products = await readProducts(file, dir, preset)
        const { first, second } = await thereAndBack(products)

        assert.ok(products.length > 0)
        assert.equal(second, first)
      })
    })
  }
})
