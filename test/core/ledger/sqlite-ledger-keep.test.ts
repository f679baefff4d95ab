import { join } from 'node:path'
import { openSqliteLedger } from '../../../src/core/ledger/sqlite-ledger.js'
import { keepContract } from '../../contract/ledger-contract-keep.js'
import { keepModelContract } from '../../contract/ledger-contract-keep-model.js'
import { aren, type WithLedger } from '../../contract/ledger-fixture.js'
import { fixedClock } from '../../support/fixed-clock.js'
import { inTempDir } from '../../support/temp-dir.js'

describe('SQLite ledger: snapshots that change too much to be merged into', () => {
  const withLedger: WithLedger = (test) => () =>
    inTempDir(async (dir) => {
      const clock = fixedClock()
      const open = (shop: string) =>
        openSqliteLedger(join(dir, 'ledger.db'), { storeIdentity: shop, clock, mergedRowsMax: 3 })
      const [ledger, otherShop] = [await open('shop a'), await open('shop b')]
      await ledger.addWholesaler(aren, null)
      await test({ ledger, otherShop, clock, close: async () => {} })
      await ledger.close()
      await otherShop.close()
    })

  keepContract(withLedger)
  keepModelContract(withLedger)
})
