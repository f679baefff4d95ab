/** What every store promises (`src/core/store/store.ts`), as tests. Run it with a fixture for the store. */
import assert from 'node:assert/strict'
import { applyContract } from './store-contract-apply.js'
import { differencesContract } from './store-contract-differences.js'
import { imageContract } from './store-contract-images.js'
import { inventoryContract } from './store-contract-inventory.js'
import { ownersContract } from './store-contract-owners.js'
import { retireContract } from './store-contract-retire.js'
import { skuContract } from './store-contract-sku.js'
import { variantContract } from './store-contract-variants.js'
import { type Abilities, allAbilities, type StoreFixture } from './store-fixture.js'

/** Runs a test with a fresh store and closes it afterwards. */
export type WithStore = (test: (fixture: StoreFixture) => Promise<void>) => () => Promise<void>

export function storeContract(name: string, open: () => Promise<StoreFixture>, can: Abilities = allAbilities): void {
  const withStore: WithStore = (test) => async () => {
    const fixture = await open()
    try {
      await test(fixture)
    } finally {
      await fixture.close()
    }
  }

  describe(`${name}: the store contract`, () => {
    it(
      'says what it is able to do',
      withStore(async ({ store }) => {
        const { fence, rememberBatches: closeBatches, exchangeImages } = can
        assert.deepEqual(store.can, { fence, closeBatches, exchangeImages })
      }),
    )
    applyContract(withStore, can)
    skuContract(withStore)
    variantContract(withStore, can)
    imageContract(withStore, can)
    inventoryContract(withStore, can)
    ownersContract(withStore)
    differencesContract(withStore)
    retireContract(withStore, can)
  })
}
