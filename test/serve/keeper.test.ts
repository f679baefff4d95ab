import assert from 'node:assert/strict'
import { createKeeper } from '../../src/serve/keeper.js'
import { fixedClock } from '../support/fixed-clock.js'

/** Things that know whether they are open, in the order in which they were opened. */
function shelf() {
  const opened: { isOpen: boolean; close(): Promise<void> }[] = []
  const open = async () => {
    const thing = {
      isOpen: true,
      async close() {
        thing.isOpen = false
      },
    }
    opened.push(thing)
    return thing
  }
  return { opened, open }
}

describe('a keeper', () => {
  it('opens one thing for many, and another one when that is old', async () => {
    const clock = fixedClock()
    const { opened, open } = shelf()
    const keeper = createKeeper(open, clock)
    const seen = await Promise.all([1, 2, 3].map(() => keeper.use(async (thing) => thing)))
    clock.advance(5_000)
    const later = await keeper.use(async (thing) => thing)
    await keeper.close()

    assert.deepEqual([new Set(seen).size, opened.length, later === opened[1]], [1, 2, true])
    assert.deepEqual(
      opened.map(({ isOpen }) => isOpen),
      [false, false],
    )
  })

  it('closes nothing that is still in use', async () => {
    const clock = fixedClock()
    const { opened, open } = shelf()
    const keeper = createKeeper(open, clock)
    let finish = () => {}
    const long = keeper.use((thing) => new Promise<boolean>((resolve) => (finish = () => resolve(thing.isOpen))))
    clock.advance(5_000)
    await keeper.use(async () => {})
    await keeper.close()
    finish()

    assert.equal(await long, true)
    assert.deepEqual(
      opened.map(({ isOpen }) => isOpen),
      [false, false],
    )
  })

  it('tries again after an opening that failed', async () => {
    let tries = 0
    const { open } = shelf()
    const keeper = createKeeper(async () => {
      tries += 1
      if (tries === 1) throw new Error('not yet')
      return await open()
    }, fixedClock())

    await assert.rejects(
      keeper.use(async () => {}),
      /not yet/,
    )
    assert.equal(await keeper.use(async (thing) => thing.isOpen), true)
    await keeper.close()
  })
})
