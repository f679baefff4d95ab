/** What every ledger promises (`src/core/ledger/ledger.ts`), as tests. Run it with a fixture for the ledger. */
import { batchContract } from './ledger-contract-batches.js'
import { imageContract } from './ledger-contract-images.js'
import { keepContract } from './ledger-contract-keep.js'
import { keepModelContract } from './ledger-contract-keep-model.js'
import { missingContract } from './ledger-contract-missing.js'
import { namespaceContract } from './ledger-contract-namespaces.js'
import { poisonContract } from './ledger-contract-poison.js'
import { recoveryContract } from './ledger-contract-recovery.js'
import { stagingContract } from './ledger-contract-staging.js'
import type { LedgerFixture, WithLedger } from './ledger-fixture.js'

export function ledgerContract(name: string, open: () => Promise<LedgerFixture>): void {
  const withLedger: WithLedger = (test) => async () => {
    const fixture = await open()
    try {
      await test(fixture)
    } finally {
      await fixture.close()
    }
  }

  describe(`${name}: the ledger contract`, () => {
    namespaceContract(withLedger)
    stagingContract(withLedger)
    keepContract(withLedger)
    keepModelContract(withLedger)
    batchContract(withLedger)
    recoveryContract(withLedger)
    missingContract(withLedger)
    poisonContract(withLedger)
    imageContract(withLedger)
  })
}
