import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteLedger } from '../../../src/core/ledger/sqlite-ledger.js'
import { ledgerContract } from '../../contract/ledger-contract.js'
import { aren } from '../../contract/ledger-fixture.js'
import { fixedClock } from '../../support/fixed-clock.js'

ledgerContract('SQLite ledger', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'wholesaler-test-'))
  const clock = fixedClock()
  const path = join(dir, 'ledger.db')
  const ledger = await openSqliteLedger(path, { storeIdentity: 'shop a', clock })
  const otherShop = await openSqliteLedger(path, { storeIdentity: 'shop b', clock })
  await ledger.addWholesaler(aren, null)
  return {
    ledger,
    otherShop,
    clock,
    async close() {
      await ledger.close()
      await otherShop.close()
      await rm(dir, { recursive: true, force: true })
    },
  }
})
