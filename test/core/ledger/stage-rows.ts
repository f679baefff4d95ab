/**
 * A process of its own that stages rows into a ledger, for tests that kill it or take its disk away.
 * Arguments: path of the ledger, number of rows, price of each, and what to do: `hang` half-way, `die-settling`
 * right after the snapshot became current, or `finish`. Prints a word for each thing done.
 */

import type { Clock } from '../../../src/core/clock.js'
import { openSqliteLedger } from '../../../src/core/ledger/sqlite-ledger.js'
import { toStagedChunk } from '../../../src/core/product/fingerprint.js'
import { aren, commitOf, row } from '../../contract/ledger-fixture.js'
import { fixedClock } from '../../support/fixed-clock.js'

const [path = '', count = '0', price = '1', mode = 'finish'] = process.argv.slice(2)

let flipped = false
const clock: Clock = {
  ...fixedClock(),
  // The wall clock is read in the transaction that makes a snapshot current; the next step is about to begin
  // its own when it looks at the other clock.
  now() {
    flipped = true
    return Date.UTC(2026, 0, 15)
  },
  monotonic() {
    if (flipped && mode === 'die-settling') process.kill(process.pid, 'SIGKILL')
    return 0
  },
}

const ledger = await openSqliteLedger(path, { storeIdentity: 'shop a', clock })
try {
  await ledger.addWholesaler(aren, null)
  const staging = await ledger.beginStaging(aren)
  try {
    for (let at = 0; at < Number(count); at += 500) {
      const size = Math.min(500, Number(count) - at)
      await staging.write(
        toStagedChunk(Array.from({ length: size }, (_, index) => row(`k${at + index}`, { price: Number(price) }))),
      )
      console.log('written')
    }
    if (mode === 'hang') await new Promise(() => setInterval(() => {}, 1000))
    await staging.commit(commitOf())
    console.log('committed')
  } catch (error: unknown) {
    await staging.abort()
    throw error
  }
} catch (error: unknown) {
  console.log(`failed ${(error as { kind?: string }).kind}`)
}
await ledger.close()
