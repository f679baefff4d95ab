import assert from 'node:assert/strict'
import { type Clock, systemClock } from '../../src/core/clock.js'
import type { Job } from '../../src/core/jobs/job.js'
import type { JobStore } from '../../src/core/jobs/job-store.js'
import { requestCancel } from '../../src/core/jobs/job-transitions.js'
import { cancelledJob, jobIn, runningJob, scheduledJob, startOfTest } from '../core/jobs/sample-jobs.js'
import { fixedClock } from '../support/fixed-clock.js'

const dayMs = 24 * 3_600_000

/** What every job store promises. `withStore` opens an empty one, runs the body, and cleans up. */
export function jobStoreContract(
  name: string,
  withStore: (clock: Clock, body: (store: JobStore) => Promise<void>) => Promise<void>,
): void {
  const test = (promise: string, body: (store: JobStore) => Promise<void>, clock: Clock = systemClock) =>
    it(promise, () => withStore(clock, body))

  describe(`${name} as a job store`, () => {
    test('is empty at first', async (store) => {
      assert.equal((await store.read()).size, 0)
    })

    test('gives back a job of every status as it was put', async (store) => {
      const statuses = ['scheduled', 'running', 'processing_stuck', 'completed', 'failed'] as const
      const jobs = statuses.map((status, index) => jobIn(status, index + 1))

      await put(store, ...jobs)

      assert.deepEqual([...(await store.read()).values()], jobs)
    })

    test('returns what the change returned', async (store) => {
      assert.equal(await store.transaction(() => ({ put: [], result: 'said' })), 'said')
    })

    test('shows a change what the one before has written', async (store) => {
      await put(store, scheduledJob(1))
      await put(store, scheduledJob(2))

      const seen = await store.transaction((jobs) => ({ put: [], result: [...jobs.keys()] }))

      assert.deepEqual(seen, [1, 2])
    })

    test('replaces a job and leaves the others alone', async (store) => {
      await put(store, runningJob(1), runningJob(2))

      await put(store, requestCancel(runningJob(2), startOfTest))

      const jobs = await store.read()
      assert.deepEqual(jobs.get(1), runningJob(1))
      assert.equal((jobs.get(2) as { cancelRequested?: boolean }).cancelRequested, true)
    })

    test('removes jobs', async (store) => {
      await put(store, scheduledJob(1), scheduledJob(2))

      await store.transaction(() => ({ put: [], remove: [1, 99], result: undefined }))

      assert.deepEqual([...(await store.read()).keys()], [2])
    })

    test('writes nothing when the change throws, and goes on', async (store) => {
      await put(store, scheduledJob(1))
      const refusal = new Error('no')

      const failed = store.transaction(() => {
        throw refusal
      })

      await assert.rejects(failed, refusal)
      await put(store, scheduledJob(2))
      assert.deepEqual([...(await store.read()).keys()], [1, 2])
    })

    test('refuses a job that could not be read back, and keeps the others', async (store) => {
      await put(store, scheduledJob(1))

      await assert.rejects(put(store, { ...scheduledJob(2), createdAt: Number.NaN }), {
        kind: 'state_unreadable',
        message: /jobs\.2\.createdAt/,
      })

      assert.deepEqual([...(await store.read()).keys()], [1])
    })

    test('gives copies, or what cannot be changed: nobody changes the store but by a transaction', async (store) => {
      await put(store, scheduledJob(1))
      const job = (await store.read()).get(1) as { attempt: number; options: { priority: number } }

      for (const change of [() => (job.attempt = 99), () => (job.options.priority = 99)]) {
        try {
          change()
        } catch (error: unknown) {
          assert.ok(error instanceof TypeError)
        }
      }

      assert.deepEqual((await store.read()).get(1), scheduledJob(1))
    })

    test('loses none of many changes at once', async (store) => {
      const ids = Array.from({ length: 20 }, (_, index) => index + 1)

      await Promise.all(ids.map((id) => put(store, scheduledJob(id))))

      assert.equal((await store.read()).size, 20)
    })

    test(
      'keeps the newest 200 finished jobs and every one that is not finished',
      async (store) => {
        const finished = range(1, 201).map((id) => jobIn('completed', id, startOfTest + id))

        await put(store, scheduledJob(1000), runningJob(1001), jobIn('processing_stuck', 1002), ...finished)

        const ids = [...(await store.read()).keys()]
        assert.equal(ids.length, 203)
        assert.equal(ids.includes(1), false)
        assert.equal(ids.includes(2), true)
      },
      fixedClock(startOfTest),
    )

    for (const { title, ageMs, kept } of [
      { title: 'keeps a failed job beyond those for 30 days', ageMs: 30 * dayMs - 1, kept: true },
      { title: 'forgets it then', ageMs: 30 * dayMs, kept: false },
    ]) {
      test(
        title,
        async (store) => {
          const newer = range(1, 200).map((id) => jobIn('completed', id, startOfTest + ageMs))

          await put(store, cancelledJob(500, startOfTest), ...newer)

          assert.equal((await store.read()).has(500), kept)
        },
        fixedClock(startOfTest + ageMs),
      )
    }

    test('can be closed twice', async (store) => {
      await put(store, scheduledJob(1))

      await store.close()
      await store.close()
    })
  })
}

function put(store: JobStore, ...jobs: readonly Job[]): Promise<void> {
  return store.transaction(() => ({ put: jobs, result: undefined }))
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}
