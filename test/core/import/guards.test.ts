import assert from 'node:assert/strict'
import { exitCodeOf } from '../../../src/cli/exit-code.js'
import { WholesalerError } from '../../../src/core/errors.js'
import { missingApartMs } from '../../../src/core/missing-policy.js'
import { atImportSite, type ImportSite } from './import-site.js'

interface Row {
  readonly sku: string
  readonly name: string
  readonly price: string
  readonly stock: string
  readonly image: string
  readonly brand: string
  readonly note: string
}

const count = 60

const rows: readonly Row[] = Array.from({ length: count }, (_, index) => ({
  sku: `P${index}`,
  name: `Product ${index}`,
  price: `${index + 10}.50`,
  stock: '5',
  image: `https://img.example/${index}.jpg`,
  brand: 'Acme',
  note: `n${index}`,
}))

/** The rows with something changed in the first of them. */
function changed(share: number, change: (row: Row) => Partial<Row>): readonly Row[] {
  return rows.map((row, index) => (index < count * share ? { ...row, ...change(row) } : row))
}

type Format = 'csv' | 'json' | 'xml'

function written(some: readonly object[], format: Format): string {
  const names = Object.keys(some[0] ?? {})
  const values = some.map((row) => Object.values(row).map(String))
  if (format === 'json') return JSON.stringify(some)
  if (format === 'csv') return `${[names, ...values].map((cells) => cells.join(',')).join('\n')}\n`
  const items = values.map((cells) => cells.map((cell, index) => `<${names[index]}>${cell}</${names[index]}>`).join(''))
  return `<items>${items.map((item) => `<item>${item}</item>`).join('')}</items>`
}

function without(name: keyof Row): readonly object[] {
  return rows.map(({ [name]: _gone, ...row }) => row)
}

const renamed = rows.map(({ price, ...row }) => ({ ...row, wartosc: price }))
const html = '<!DOCTYPE html><html><head><title>503</title></head><body><p>Come back later</p></body></html>'

/** F11 and its relatives: what the feed becomes, how the import ends, and what it says. */
const bad: readonly (readonly [what: string, format: Format, feed: string, exitCode: 6 | 7, says: RegExp])[] = [
  ['shrinks by 90 %', 'csv', written(rows.slice(0, 6), 'csv'), 6, /shrank from 60 to 6 records/],
  ['shrinks by 90 %', 'json', written(rows.slice(0, 6), 'json'), 6, /shrank from 60 to 6 records/],
  ['shrinks by 90 %', 'xml', written(rows.slice(0, 6), 'xml'), 6, /shrank from 60 to 6 records/],
  ['is an empty file', 'csv', '', 7, /empty/],
  ['is an empty file', 'xml', '', 7, /empty/],
  ['is a header and nothing else', 'csv', 'sku,name,price,stock,image,brand,note\n', 7, /no record/],
  ['is an empty list', 'json', '[]', 7, /no record/],
  ['has a root and nothing else', 'xml', '<items></items>', 7, /record/],
  ['is an HTML page', 'csv', html, 7, /HTML/],
  ['is an HTML page', 'xml', html, 7, /HTML/],
  ['is cut off', 'json', written(rows, 'json').slice(0, -9), 7, /end/],
  ['is cut off', 'xml', written(rows, 'xml').slice(0, -9), 7, /end|closed/],
  ['lost a column that is read', 'csv', written(without('price'), 'csv'), 6, /"price".* not in the feed any more/],
  ['lost an element that is read', 'xml', written(without('stock'), 'xml'), 6, /"stock".* not in the feed any more/],
  ['lost a key that is read', 'json', written(without('price'), 'json'), 6, /"price".* not in the feed any more/],
  ['renamed a column that is read', 'csv', written(renamed, 'csv'), 6, /"price".* not in the feed any more/],
  [
    'has no prices left',
    'csv',
    written(
      changed(1, () => ({ price: '' })),
      'csv',
    ),
    6,
    /"price".* is empty/,
  ],
  [
    'has another kind of column',
    'csv',
    written(
      changed(1, ({ note }) => ({ stock: `see ${note}` })),
      'csv',
    ),
    6,
    /"stock".* is no number any more/,
  ],
  [
    'has names for image addresses',
    'csv',
    written(
      changed(1, ({ note }) => ({ image: `${note}.jpg` })),
      'csv',
    ),
    6,
    /"image".* is no address any more/,
  ],
  [
    'has rows that cannot be used',
    'csv',
    written(
      changed(0.6, () => ({ name: '' })),
      'csv',
    ),
    6,
    /24 products that can/,
  ],
  [
    'lost images',
    'csv',
    written(
      changed(0.6, () => ({ image: '' })),
      'csv',
    ),
    6,
    /24 products with an image after 60: 60 %/,
  ],
  [
    'sold out over night',
    'xml',
    written(
      changed(0.95, () => ({ stock: '0' })),
      'xml',
    ),
    6,
    /3 products in stock after 60/,
  ],
  [
    'has its prices in cents',
    'json',
    written(
      changed(0.7, ({ price }) => ({ price: price.replace('.', '') })),
      'json',
    ),
    6,
    /prices of 42 products of aren moved by more than 50 %: 70 % of all/,
  ],
]

async function endOf(run: Promise<unknown>): Promise<WholesalerError> {
  const error: unknown = await run.then(
    () => new Error('it was imported'),
    (thrown: unknown) => thrown,
  )
  if (error instanceof WholesalerError) return error
  throw error
}

/** Imports the whole feed, then the other one, twice and an hour apart, as often as a night or two would. */
async function meet(site: ImportSite, format: Format, feed: string): Promise<WholesalerError> {
  await site.feed(written(rows, format))
  await site.run()
  const before = structuredClone(site.store.entries)
  await site.feed(feed)
  await endOf(site.run())
  site.clock.advance(missingApartMs)
  const error = await endOf(site.run())
  assert.deepEqual(site.store.entries, before, 'the shop was touched')
  return error
}

describe('guards (F11)', () => {
  for (const [what, format, feed, exitCode, says] of bad) {
    it(`stop a ${format} feed that ${what}: exit ${exitCode}, nothing deleted, nothing written`, () =>
      atImportSite({ missing: 'delete', format }, async (site) => {
        const error = await meet(site, format, feed)

        assert.equal(exitCodeOf(error.kind), exitCode, error.message)
        assert.match(error.message, says)
        if (exitCode === 6) assert.match(error.hint ?? '', /--allow-shrink/)
      }))
  }

  it('let pass what somebody allows for this run, and hold the next feed to it', () =>
    atImportSite({ format: 'csv' }, async (site) => {
      await meet(site, 'csv', written(without('price'), 'csv'))

      const report = await site.run({ allowShrink: true })
      assert.equal(report.guard, null)
      await site.feed(written(without('price').slice(1), 'csv'))
      assert.equal((await site.run()).feeds[0]?.feed.products, count - 1)
    }))

  for (const [guard, value, feed] of [
    ['fields', false, without('brand')],
    ['images', 60, changed(0.6, () => ({ image: '' }))],
    ['products', 60, changed(0.6, () => ({ name: '' }))],
    ['stock', 95, changed(0.95, () => ({ stock: '0' }))],
    ['prices', 70, changed(0.7, ({ price }) => ({ price: price.replace('.', '') }))],
    ['priceChange', 10_000, changed(0.7, ({ price }) => ({ price: price.replace('.', '') }))],
  ] as const) {
    it(`take another number from guards.${guard}, as they say themselves`, () =>
      atImportSite({ format: 'csv' }, async (site) => {
        const { hint = '' } = await meet(site, 'csv', written(feed, 'csv'))

        if (guard !== 'priceChange') assert.ok(hint.includes(`wholesalers.aren.guards.${guard}: ${value} `), hint)
        assert.equal((await site.run({}, { format: 'csv', guards: { [guard]: value } })).guard, null)
      }))
  }

  it('let pass what happens every night: new rows, columns that nobody reads, some prices, some stock', () =>
    atImportSite({ format: 'csv' }, async (site) => {
      await site.feed(written(rows, 'csv'))
      await site.run()
      const tonight = changed(0.4, () => ({ price: '1.00', stock: '0', image: '' })).map(
        ({ note: _gone, ...row }) => row,
      )
      await site.feed(written(tonight, 'csv'))

      const report = await site.run()

      assert.deepEqual([report.guard, report.counts.updated], [null, 24])
    }))

  it('let pass an element that few records ever had, and that tonight none of the first has', () =>
    atImportSite({ format: 'json' }, async (site) => {
      await site.feed(
        JSON.stringify(rows.map((row, index) => (index % 20 === 0 ? { ...row, ean: '5900000000015' } : row))),
      )
      await site.run()
      await site.feed(
        written(
          changed(0.1, () => ({ price: '11.00' })),
          'json',
        ),
      )

      assert.equal((await site.run()).guard, null)
    }))

  it('let pass what a changed mapping makes of the same feed', () =>
    atImportSite({ format: 'csv' }, async (site) => {
      await site.feed(written(rows, 'csv'))
      await site.run()

      const report = await site.run({}, { price: { margin: 300 } })

      assert.equal(report.counts.updated, count)
    }))

  it('trip in dry runs too', () =>
    atImportSite({ format: 'csv' }, async (site) => {
      await site.feed(written(rows, 'csv'))
      await site.run()
      await site.feed(written(without('price'), 'csv'))

      await assert.rejects(site.preview(), { kind: 'guard' })
    }))
})
