/** Whatever becomes of an answer: nothing twice, nothing missing, nothing repeated without a look. */
import assert from 'node:assert/strict'
import type { ItemResult, StoreBatch } from '../../../../src/core/store/store.js'
import { batchOf, decimal, product, variable, variant } from '../../../contract/store-fixture.js'
import { type Exchanged, errorPage, type Fault, phpWarning } from '../../../support/woocommerce/faults.js'
import { addByHand, type WooCommerceFixture, wooCommerceFixture } from './woocommerce-fixture.js'

/** Plain http: quicker, and images are not needed here. */
const http = { tls: null }

async function withShop(test: (fixture: WooCommerceFixture) => Promise<void>, fixture = wooCommerceFixture({}, http)) {
  const opened = await fixture
  try {
    await test(opened)
  } finally {
    await opened.close()
  }
}

/** Numbers from 0 to 1, the same for the same seed. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const goods = (count: number) => [
  ...Array.from({ length: count }, (_, index) => product(`s${index}`, { price: decimal('5') })),
  variable('v', [variant('S', { sku: 'v-s' }), variant('M', { sku: 'v-m' })]),
  variable('w', [variant('S', { sku: 'w' })], { sku: 'w' }),
]

/** As a job that is run again until it is through: a read may fail for good, and ends the run. */
async function applyUntilDone({ another }: WooCommerceFixture, batch: StoreBatch): Promise<readonly ItemResult[]> {
  for (let runs = 1; ; runs += 1) {
    try {
      return await another().apply(batch)
    } catch (error: unknown) {
      const { kind } = error as { kind?: string }
      if (kind !== 'temporary' || runs === 10) throw error
    }
  }
}

/** SKUs that were sent to be created twice without having been asked for in between. */
function blindCreates(requests: readonly Exchanged[]): string[] {
  const sent = new Set<string>()
  const blind: string[] = []
  for (const { isWrite, body, query } of requests) {
    const fields = (body ?? {}) as { create?: { sku?: string }[]; sku?: string }
    if (!isWrite) for (const sku of (query.get('sku') ?? fields.sku ?? '').split(',')) sent.delete(sku)
    for (const { sku = '' } of isWrite ? (fields.create ?? []) : []) {
      if (sent.has(sku)) blind.push(sku)
      sent.add(sku)
    }
  }
  return blind
}

function skusIn({ shop }: WooCommerceFixture): string[] {
  return [...shop.state.products.values()].map(({ sku }) => sku).sort()
}

describe('a shop that loses answers', () => {
  it('N14: 30 % lost, 200 runs: no SKU twice, none missing, no create repeated without a look', async function () {
    this.timeout(240_000)
    const wanted = ['', 's0', 's1', 's2', 's3', 's4', 's5', 'v', 'v-m', 'v-s', 'w']
    for (let seed = 1; seed <= 200; seed += 1) {
      await withShop(async (fixture) => {
        const random = seeded(seed)
        fixture.shop.script = () => (random() < 0.3 ? { kind: 'lose' } : null)

        const results = await applyUntilDone(fixture, batchOf(goods(6)))

        assert.deepEqual(skusIn(fixture), wanted, `seed ${seed}`)
        assert.ok(
          results.every(({ outcome }) => outcome === 'created'),
          `seed ${seed}`,
        )
        assert.deepEqual(blindCreates(fixture.shop.requests), [], `seed ${seed}`)
      })
    }
  })

  it('N15: an answer that is not waited for any more: the shop goes on, and nothing is made twice', () =>
    withShop(async (fixture) => {
      fixture.shop.script = ({ isWrite, number }) => (isWrite && number < 5 ? { kind: 'late' } : null)

      const results = await fixture.another({ writeDeadlineMs: 80 }).apply(batchOf(goods(6)))

      assert.ok(results.every(({ outcome }) => outcome === 'created'))
      assert.deepEqual(skusIn(fixture).length, 11)
      assert.equal(fixture.shop.count('create'), 11)
      assert.deepEqual(blindCreates(fixture.shop.requests), [])
    }))

  it('waits 2, 5 and 15 seconds for a product before it is sent again', () =>
    withShop(async ({ shop, store, clock }) => {
      shop.script = ({ isWrite, number }) => (isWrite && number < 4 ? { kind: 'die', afterItems: 0 } : null)
      const looks: number[] = []
      const started = clock.monotonic()
      const script = shop.script
      shop.script = (request) => {
        if (!request.isWrite) looks.push(clock.monotonic() - started)
        return script(request)
      }

      const [result] = await store.apply(batchOf([product('a')]))

      assert.equal(result?.outcome, 'created')
      assert.deepEqual(looks.slice(-3), [2000, 5000, 15_000])
      assert.equal(shop.count('create'), 1)
    }))

  it('N16: a page, nothing, half of the JSON, a byte order mark, a warning before it: looked up, not believed', async () => {
    const faults: Fault[] = [
      { kind: 'replace', type: 'text/html', with: () => errorPage },
      { kind: 'replace', with: () => '' },
      { kind: 'replace', with: (json) => json.slice(0, json.length / 2) },
      { kind: 'prefix', text: '\uFEFF' },
      { kind: 'prefix', text: phpWarning },
      {
        kind: 'replace',
        status: 500,
        with: () => '{"code":"internal_server_error","message":"no","data":{"status":500}}',
      },
    ]
    for (const fault of faults) {
      await withShop(async ({ shop, store }) => {
        shop.script = ({ isWrite }) => (isWrite && shop.count('create') === 0 ? fault : null)

        const results = await store.apply(batchOf([product('a'), product('b')]))

        assert.deepEqual(
          results.map(({ outcome }) => outcome),
          ['created', 'created'],
          JSON.stringify(fault),
        )
        assert.equal(shop.count('create'), 2)
        assert.equal(shop.requests.filter(({ isWrite }) => isWrite).length, 1)
      })
    }
  })

  it('N17: items that are missing, in another order, or refused are each told for themselves', () =>
    withShop(async ({ shop, store }) => {
      addByHand(shop.state, { sku: 'c', name: 'By hand' })
      const changes: ((json: string) => string)[] = [
        (json) => JSON.stringify({ create: JSON.parse(json).create.reverse() }),
        (json) => JSON.stringify({ create: JSON.parse(json).create.slice(1) }),
        () => '{"create":[]}',
        () => '[]',
      ]
      for (const [index, change] of changes.entries()) {
        const keys = ['a', 'b', 'c', 'd'].map((name) => `${name}${index}`)
        const before = shop.requests.length
        shop.script = ({ isWrite, number }) =>
          isWrite && number < before + 4 ? { kind: 'replace', with: change } : null

        const results = await store.apply(batchOf(keys.map((key) => product(key))))

        assert.deepEqual(
          results.map((result) => [result.key, result.outcome === 'rejected' ? null : skuOf(shop, result.storeId)]),
          keys.map((key) => [key, key]),
        )
      }
      assert.deepEqual(blindCreates(shop.requests), [])
    }))

  it('N19: keys refused in the middle of a job: the run ends at once', () =>
    withShop(async ({ shop, store }) => {
      await store.apply(batchOf([product('a')]))
      const before = shop.requests.length
      shop.script = () => ({
        kind: 'replace',
        status: 401,
        with: () => '{"code":"woocommerce_rest_cannot_view","message":"no"}',
      })

      await assert.rejects(store.apply(batchOf([product('b'), product('c')])), { kind: 'denied' })

      assert.equal(shop.requests.length, before + 1)
    }))

  it('N20: a SKU that the look-up table holds for nothing: put aside with a hint, the rest goes on', () =>
    withShop(async ({ shop, store }) => {
      shop.state.locked.add('a')

      const results = await store.apply(batchOf([product('a'), product('b')]))

      assert.ok(results[0]?.outcome === 'rejected' && results[0].code === 'quarantined')
      assert.match(results[0].reason, /already under processing.*trash.*lookup tables/s)
      assert.equal(results[1]?.outcome, 'created')
      assert.ok(shop.requests.length < 20)
    }))

  it('a product that kills PHP every time is put aside alone', () =>
    withShop(async ({ shop, store }) => {
      shop.script = ({ isWrite, body }) =>
        isWrite && JSON.stringify(body).includes('"s3"') ? { kind: 'die', afterItems: 0 } : null

      const results = await store.apply(batchOf(goods(20)))

      const rejected = results.filter(({ outcome }) => outcome === 'rejected')
      assert.deepEqual(
        rejected.map(({ key }) => key),
        ['s3'],
      )
    }))

  it('a batch of another ledger is another batch, though it has the same number', () =>
    withShop(async ({ store, view, another }) => {
      const batch = batchOf([product('a', { price: decimal('1') })])
      const [first] = await store.apply(batch)

      const [anew] = await another({ ledgerId: 'other' }).apply({
        ...batch,
        items: batchOf([product('a', { price: decimal('2') })]).items,
      })

      assert.ok(first?.outcome === 'created')
      assert.deepEqual(anew, { key: 'a', outcome: 'updated', storeId: first.storeId })
      assert.equal((await view(first.storeId))?.price, '2')
    }))
})

function skuOf(shop: WooCommerceFixture['shop'], id: string): string | undefined {
  return shop.state.products.get(Number(id))?.sku
}
