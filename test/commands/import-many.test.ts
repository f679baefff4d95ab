import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { csvRows } from './count-real-feed.js'
import { csvFeed, inWorkplace, type Workplace } from './workplace.js'

type Wholesalers = Readonly<Record<string, Readonly<Record<string, unknown>>>>

const configure = ({ write }: Workplace, wholesalers: Wholesalers) =>
  write('wholesaler.config.json', JSON.stringify({ wholesalers }))

const north = { feed: './north.csv' }
const south = { feed: './south.csv' }

describe('importing several wholesalers', function () {
  this.timeout(30_000)

  it('goes on when the feed of one fails, tells which, and ends with 3', async () => {
    await inWorkplace(async (place) => {
      await configure(place, { gone: { feed: './gone.csv' }, north, south })
      await place.write('north.csv', csvFeed(['N1', 'N2']))
      await place.write('south.csv', csvFeed(['S1']))

      const { code, success, job, feeds, pending } = await place.importJson()
      assert.deepEqual([code, success, job?.total_created, pending], [3, true, 3, 0])
      assert.deepEqual(
        feeds.map(({ wholesaler, products, error }) => [wholesaler, products, error?.code ?? null]),
        [
          ['gone', 0, 'feed_missing'],
          ['north', 2, null],
          ['south', 1, null],
        ],
      )
      assert.match(job?.error_messages.join() ?? '', /gone\.csv/)
    })
  })

  it('ends with the code of the first when all fail', async () => {
    await inWorkplace(async (place) => {
      await configure(place, { gone: { feed: './gone.csv' }, odd: { feed: './odd.csv', preset: 'generic' } })
      await place.write('odd.csv', 'colour,weight\nred,3\n')

      const { code, success, error, job } = await place.importJson()
      assert.deepEqual([code, success, error?.code, job?.status], [7, false, 'feed_missing', 'failed'])
    })
  })

  it('takes batches in turn, so that a limit starves none', async () => {
    await inWorkplace(async (place) => {
      await configure(place, { north, south })
      await place.write('north.csv', csvFeed(['N1', 'N2', 'N3', 'N4']))
      await place.write('south.csv', csvFeed(['S1', 'S2', 'S3', 'S4']))

      const { code, pending } = await place.importJson('--batches', '2', '--per-batch', '2')
      assert.deepEqual([code, pending, [...(await place.catalog()).keys()]], [0, 4, ['N1', 'N2', 'S1', 'S2']])
    })
  })
})

describe('one SKU at two wholesalers', function () {
  this.timeout(30_000)

  const bothSell = async (place: Workplace) => {
    await place.write('north.csv', csvFeed(['MUG', 'N1'], { price: '10.00' }))
    await place.write('south.csv', csvFeed([' mug ', 'S1'], { price: '20.00' }))
  }
  const priceOf = async ({ catalog }: Workplace, sku: string) => Number((await catalog()).get(sku)?.['Regular price'])

  it('belongs to the first; the other is rejected, kept in the rejects file, and the run ends with 3', async () => {
    await inWorkplace(async (place) => {
      await configure(place, { north, south })
      await bothSell(place)

      const { code, job, feeds } = await place.importJson()
      assert.deepEqual([code, job?.total_created, job?.total_errors], [3, 3, 1])
      const rejects = csvRows(await readFile(feeds[1]?.rejects_file ?? '', 'utf8'))
      assert.deepEqual(
        rejects.map(({ wholesaler, code, sku }) => [wholesaler, code, sku?.trim()]),
        [['south', 'sku_owned_by', 'mug']],
      )
      assert.match(rejects[0]?.reason ?? '', /north/)
      assert.equal(await priceOf(place, 'MUG'), 10)
    })
  })

  it('is two products with a skuPrefix', async () => {
    await inWorkplace(async (place) => {
      await configure(place, { north, south: { ...south, skuPrefix: 'S-' } })
      await bothSell(place)

      assert.equal((await place.importJson()).code, 0)
      assert.deepEqual([...(await place.catalog()).keys()].sort(), ['MUG', 'N1', 'S-S1', 'S-mug'])
    })
  })

  it('moves to the other with takeover', async () => {
    await inWorkplace(async (place) => {
      await configure(place, { north, south: { ...south, takeover: true } })
      await bothSell(place)
      await place.importJson('north')

      const { code, job } = await place.importJson('south')
      assert.deepEqual([code, job?.total_created, job?.total_updated], [0, 1, 1])
      const catalog = await place.catalog()
      assert.equal(catalog.size, 3)
      const mug = [...catalog.values()].find(({ SKU = '' }) => SKU.trim().toLowerCase() === 'mug')
      assert.equal(Number(mug?.['Regular price']), 20)
    })
  })
})
