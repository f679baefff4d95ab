import assert from 'node:assert/strict'
import { checkPlan, type FeedPlan, type ImportPlan } from '../../../src/core/plan-import.js'
import { atImportSite } from './import-site.js'

const feed: FeedPlan = {
  wholesaler: 'aren',
  feed: 'bytes',
  mapping: 'mapping',
  products: 'products',
  store: 'store',
  creates: 1,
  updates: 0,
  retires: 0,
}
const plan: ImportPlan = { options: 'options', ledger: 'ledger 7', feeds: [feed], changes: [] }

describe('a plan', () => {
  it('is the same as long as nothing has moved', () => {
    checkPlan(plan, structuredClone(plan))
  })

  for (const [what, now] of [
    [/its options/, { ...plan, options: 'others' }],
    [/the ledger/, { ...plan, ledger: 'ledger 8' }],
    [/the ledger/, { ...plan, ledger: null }],
    [/the feed of aren cannot be read/, { ...plan, feeds: [] }],
    [/the feed of aren is another/, { ...plan, feeds: [{ ...feed, feed: 'others' }] }],
    [/the mapping of aren/, { ...plan, feeds: [{ ...feed, mapping: 'another' }] }],
    [/the shop/, { ...plan, feeds: [{ ...feed, store: 'others' }] }],
    [/what aren has pending/, { ...plan, feeds: [{ ...feed, products: 'others' }] }],
    [/what aren has pending/, { ...plan, feeds: [{ ...feed, retires: 1 }] }],
  ] as const) {
    it(`is refused when ${what.source} moved`, () => {
      assert.throws(() => checkPlan(plan, now), { kind: 'guard', message: what })
    })
  }

  it('holds for the feed that the job itself fetches', () =>
    atImportSite({}, async ({ feed: write, run, ports, store }) => {
      await write('sku,name\na,A\n')

      await assert.rejects(run({}, {}, new Map([['aren', { feed: 'other bytes', mapping: 'other' }]])), {
        kind: 'guard',
        message: /the feed of aren is another one/,
      })

      assert.equal(store.entries.length, 0)
      assert.equal((await ports.ledger.wholesaler('aren'))?.current, null)
    }))
})
