/** What an owner that lost its job may still do when it goes on: nothing, whatever became of the job meanwhile. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { openJobDesk } from '../../src/cli/wiring.js'
import { openCatalogStore } from '../../src/core/store/catalog/catalog-store.js'
import { batchOf, item, product } from '../contract/store-fixture.js'
import { runningJob, sampleOwner } from '../core/jobs/sample-jobs.js'
import { fixedClock } from '../support/fixed-clock.js'
import { jobsOf, putJobs, stateDirOf, takeOver } from './job-desk.js'
import { csvFeed, inWorkplace, skus, type Workplace } from './workplace.js'

/** Job 1 with batch 1-1 under way, of an owner on another machine, which nobody here can end. */
async function heldElsewhere(place: Workplace) {
  await place.write('a.csv', csvFeed(skus(3)))
  await place.write('other.csv', csvFeed(['X1']))
  await place.importJson('other.csv')
  const options = { source: place.path('a.csv'), wholesalers: ['a'], configPath: null }
  const job = runningJob(50, { token: 60, owner: { ...sampleOwner, host: 'elsewhere' }, options })
  await putJobs(place.dir, job)
  return { id: job.id, token: job.token }
}

/** The owner goes on, and writes what it had in its hands. */
async function goOn({ dir }: Workplace, { id, token }: { readonly id: number; readonly token: number }): Promise<void> {
  const store = await openCatalogStore({
    path: join(stateDirOf(dir), 'catalog.db'),
    mediaDir: join(stateDirOf(dir), 'media'),
    currency: null,
    clock: fixedClock(),
  })
  try {
    const old = item(product('a00000', { sku: 'A00000', name: 'Of yesterday' }))
    await store.apply(batchOf([old], { id: `${id}-1`, jobId: id, token, wholesaler: 'a' }))
  } finally {
    await store.close()
  }
}

describe('an owner that lost its job', function () {
  this.timeout(60_000)

  it('writes nothing after the job was cancelled, though no new owner has written', () =>
    inWorkplace(async (place) => {
      const held = await heldElsewhere(place)
      await takeOver(place.dir, held.id)

      assert.equal((await place.run('jobs', 'cancel', String(held.id))).code, 0)

      await assert.rejects(goOn(place, held), { kind: 'lease_lost' })
      assert.equal((await place.catalog()).size, 1)
    }))

  it('writes nothing over what another job has imported since', () =>
    inWorkplace(async (place) => {
      const held = await heldElsewhere(place)
      await takeOver(place.dir, held.id)
      await place.run('jobs', 'cancel', String(held.id))
      await place.importJson('a.csv')

      await assert.rejects(goOn(place, held), { kind: 'lease_lost' })

      assert.equal((await place.catalog()).get('A00000')?.Name, 'Product A00000')
    }))

  it('writes nothing from the moment that recovery takes the job on, before anybody has claimed it', () =>
    inWorkplace(async (place) => {
      const held = await heldElsewhere(place)
      await takeOver(place.dir, held.id)

      // Its owner cannot be ended from here, so the job waits for a minute.
      await place.run('recover', '--no-wait')

      assert.equal((await jobsOf(place.dir)).get(held.id)?.status, 'processing_stuck')
      await assert.rejects(goOn(place, held), { kind: 'lease_lost' })
    }))

  it('whose batch came before all that costs nothing: it is read back, no product is doubled', () =>
    inWorkplace(async (place) => {
      const held = await heldElsewhere(place)
      await goOn(place, held)
      await takeOver(place.dir, held.id)
      await place.run('jobs', 'cancel', String(held.id))

      const { code, job } = await place.importJson('a.csv')

      assert.deepEqual([code, job?.total_created, job?.total_updated], [0, 2, 1])
      assert.equal((await place.catalog()).size, 4)
    }))

  it('a fence that is raised late lowers nothing', () =>
    inWorkplace(async ({ dir }) => {
      const desk = await openJobDesk(stateDirOf(dir), () => {})
      try {
        await desk.ledger.raiseFence({ jobId: 1, token: 9 })
        await desk.ledger.raiseFence({ jobId: 1, token: 8 })
      } finally {
        await desk.close()
      }
    }))
})
