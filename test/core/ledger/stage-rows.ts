/**
 * A process of its own that stages rows into a ledger, for tests that kill it or take its disk away.
 * Arguments: path of the ledger, number of rows, price of each, and what to do: `hang` half-way, `die-settling`
 * right after the snapshot became current, `die-merged` right after it was merged into the one before (of which it keeps
 * the first half of the rows), or `finish`. Prints a word for each thing done.
 */

import type { Clock } from '../../../src/core/clock.js'
import { openSqliteLedger } from '../../../src/core/ledger/sqlite-ledger.js'
import { toStagedChunk } from '../../../src/core/product/fingerprint.js'
import { aren, commitOf, row } from '../../contract/ledger-fixture.js'
import { fixedClock } from '../../support/fixed-clock.js'

const [path = '', count = '0', price = '1', mode = 'finish'] = process.argv.slice(2)

let flipped = false
let stepsLeft = mode === 'die-merged' ? 2 : 1
const clock: Clock = {
  ...fixedClock(),
  // The wall clock is read when a snapshot is about to become current; the next step is about to begin its own
  // transaction when it looks at the other clock, and a merge looks at that before and after its own.
  now() {
    flipped = true
    return Date.UTC(2026, 0, 15)
  },
  monotonic() {
    if (flipped && mode.startsWith('die-')) {
      stepsLeft -= 1
      if (stepsLeft === 0) process.kill(process.pid, 'SIGKILL')
    }
    return 0
  },
}

const ledger = await openSqliteLedger(path, { storeIdentity: 'shop a', clock })
try {
  await ledger.addWholesaler(aren, null)
  const keeps = mode === 'die-merged' ? Number(count) / 2 : 0
  const onto = keeps > 0 ? (await ledger.wholesaler(aren))?.current?.id : undefined
  const staging = await ledger.beginStaging(aren, { onto })
  try {
    if (keeps > 0) await staging.keep(Array.from({ length: keeps }, (_, index) => index + 1))
    for (let at = keeps; at < Number(count); at += 500) {
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
