import { createMemoryLedger } from '../../../src/core/ledger/memory-ledger.js'
import { ledgerContract } from '../../contract/ledger-contract.js'
import { aren } from '../../contract/ledger-fixture.js'
import { fixedClock } from '../../support/fixed-clock.js'

ledgerContract('memory ledger', async () => {
  const clock = fixedClock()
  const ledger = createMemoryLedger({ clock })
  await ledger.addWholesaler(aren, null)
  return { ledger, otherShop: createMemoryLedger({ clock }), clock, close: () => ledger.close() }
})
