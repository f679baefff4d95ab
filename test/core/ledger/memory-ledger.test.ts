import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMemoryLedger } from '../../../src/core/ledger/memory-ledger.js'
import { ledgerContract } from '../../contract/ledger-contract.js'
import { aren } from '../../contract/ledger-fixture.js'
import { fixedClock } from '../../support/fixed-clock.js'

ledgerContract('memory ledger', async () => {
  const clock = fixedClock()
  const marksFolder = await mkdtemp(join(tmpdir(), 'wholesaler-test-'))
  const ledger = createMemoryLedger({ clock, marksFolder })
  await ledger.addWholesaler(aren, null)
  return {
    ledger,
    otherShop: createMemoryLedger({ clock }),
    clock,
    async close() {
      await ledger.close()
      await rm(marksFolder, { recursive: true, force: true })
    },
  }
})
