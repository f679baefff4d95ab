import assert from 'node:assert/strict'
import { WholesalerError } from '../../../src/core/errors.js'
import { leasedStore } from '../../../src/core/store/leased-store.js'
import { MemoryStore } from '../../../src/core/store/memory-store.js'
import { batchOf, product } from '../../contract/store-fixture.js'

const lost = new WholesalerError({ kind: 'lease_lost', message: 'the job is somebody else’s' })

describe('leasedStore', () => {
  it('writes while the job is ours, asking before each write', async () => {
    const store = new MemoryStore()
    let asked = 0
    const leased = leasedStore(store, async () => {
      asked += 1
    })

    const [result] = await leased.apply(batchOf([product('A1')]))

    assert.deepEqual([result?.outcome, asked, await leased.identity()], ['created', 1, await store.identity()])
    assert.equal(leased.kind, store.kind)
  })

  it('writes nothing once it is not, and can still be read', async () => {
    const store = new MemoryStore()
    const leased = leasedStore(store, async () => {
      throw lost
    })

    await assert.rejects(leased.apply(batchOf([product('A1')])), { kind: 'lease_lost' })
    await assert.rejects(leased.adoptCurrency('EUR'), { kind: 'lease_lost' })

    assert.equal((await leased.findBySku(['A1'])).size, 0)
  })
})
