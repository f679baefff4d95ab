import assert from 'node:assert/strict'
import { inShort, keepsItsPromise } from '../short-form.js'
import { powerlossGoal } from './powerloss-goal.js'

describe('a power loss', function () {
  this.timeout(120_000)

  it('after any step of a write takes nothing that was acknowledged: jobs, numbers, batches (D12)', async function () {
    await keepsItsPromise(this, powerlossGoal, { writes: 2 })
  })

  for (const ignore of ['file-sync', 'folder-sync']) {
    it(`is what the harness would find fault with: without each ${ignore}, jobs are lost`, async function () {
      const { verdict } = await inShort(this, powerlossGoal, { writes: 2, subjects: 'jobs', ignore })

      assert.ok(verdict.broken.length > 0)
    })
  }
})
