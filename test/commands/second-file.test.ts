import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { realFeed } from '../support/feeds.js'
import { countGrouped, csvRows } from './count-real-feed.js'
import { inWorkplace } from './workplace.js'

const items = 'Code,Name,Price\nA,Mug,8\nB,Cup,5\n'

function configOf(join: object): string {
  return JSON.stringify({ wholesalers: { shop: { feed: 'items.csv', map: { sku: 'Code' }, join } } })
}

describe('import with a second file', function () {
  this.timeout(60_000)

  it('joins it, does nothing when neither file changed, and only what changed when the second one did', async () => {
    await inWorkplace(async ({ write, importJson, catalog }) => {
      await write('items.csv', items)
      await write('stock/today.csv', 'Item;Qty\nA;3\nB;0\n')
      await write('wholesaler.config.json', configOf({ feed: 'stock/today.csv', key: 'Item', map: { stock: 'Qty' } }))
      const first = await importJson('shop')
      assert.deepEqual([first.code, first.job?.total_created], [0, 2])
      assert.deepEqual([(await catalog()).get('A')?.Stock, (await catalog()).get('B')?.Stock], ['3', '0'])

      const again = await importJson('shop')
      assert.deepEqual([again.code, again.job?.total_updated, again.feed.staged?.unchanged], [0, 0, 2])

      await write('stock/today.csv', 'Item;Qty\nA;2\nB;0\n')
      const changed = await importJson('shop')
      assert.deepEqual([changed.job?.total_updated, changed.feed.staged?.changed], [1, 1])
      assert.equal((await catalog()).get('A')?.Stock, '2')
    })
  })

  it('that is missing or broken fails the feed, and leaves the shop as it was', async () => {
    await inWorkplace(async ({ write, importJson, catalog }) => {
      await write('items.csv', items)
      await write(
        'stock.xml',
        '<list><row><item>A</item><qty>3</qty></row><row><item>B</item><qty>1</qty></row></list>',
      )
      await write('wholesaler.config.json', configOf({ feed: 'stock.xml', key: 'item', map: { stock: 'qty' } }))
      assert.equal((await importJson('shop')).code, 0)

      await write('stock.xml', '<list><row><item>A</item><qty>9</qty></row><row><item>B</item>')
      const broken = await importJson('shop')
      assert.deepEqual([broken.code, broken.error?.code], [7, 'feed_malformed'])
      assert.match(broken.error?.message ?? '', /stock\.xml/)
      assert.equal((await catalog()).get('A')?.Stock, '3')

      await write('wholesaler.config.json', configOf({ feed: 'gone.xml', key: 'item', map: { stock: 'qty' } }))
      assert.equal((await importJson('shop')).error?.code, 'feed_missing')
    })
  })

  it('is checked in the config like a feed: misspelt fields are told with what was meant', async () => {
    await inWorkplace(async ({ write, importJson }) => {
      await write('items.csv', items)
      await write('wholesaler.config.json', configOf({ feed: 'stock.csv', kye: 'Item', map: { stok: 'Qty' } }))
      const { code, error } = await importJson('shop')
      assert.deepEqual([code, error?.code], [2, 'config'])
      assert.match(error?.message ?? '', /wholesalers\.shop\.join\.kye is not known \(did you mean key\?\)/)

      await write('wholesaler.config.json', configOf({ feed: 'stock.csv', key: 'Item', map: { stok: 'Qty' } }))
      assert.match(
        (await importJson('shop')).error?.message ?? '',
        /shop\.join\.map\.stok is not known \(did you mean stock\?\)/,
      )
    })
  })

  it('of PrestaShop: every combination of a real export is a variant of its product', async function () {
    const [feed, second] = ['prestashop/products_import.csv', 'prestashop/combinations_import.csv'].map((name) =>
      realFeed(this, name),
    )
    const products = csvRows(await readFile(feed ?? '', 'utf8'))
    const combinations = csvRows(await readFile(second ?? '', 'utf8'))
    // Two rows of one product have the same options: the last one counts. SKUs repeat where options differ.
    const distinct = new Map(
      combinations.map((row) => [`${row['Product ID*']} ${row['Value (Value:Position)*']?.trim()}`, row]),
    )
    const expected = countGrouped([
      ...products.map((row) => ({
        key: row['Product ID'] ?? '',
        images: (row['Image URLs (x;y;z...)'] ?? '').split(';'),
        isVariant: false,
      })),
      ...[...distinct.values()].map((row) => ({
        key: row['Product ID*'] ?? '',
        images: [row['Image URL'] ?? ''],
        isVariant: true,
      })),
    ])
    await inWorkplace(async ({ write, importJson }) => {
      await write('wholesaler.config.json', JSON.stringify({ wholesalers: { shop: { feed, join: { feed: second } } } }))
      const { code, feed: imported } = await importJson('shop', '--no-images')
      assert.deepEqual(
        [code, imported.preset, imported.products, imported.variants, imported.images, imported.rejects],
        [0, 'prestashop-csv', expected.products, expected.variants, expected.images, 0],
      )
      assert.deepEqual([combinations.length, expected.products, expected.variants], [27, 7, 26])
    })
  })
})
