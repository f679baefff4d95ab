import assert from 'node:assert/strict'
import { inShort, keepsItsPromise } from '../short-form.js'
import { storeGoal } from './store-goal.js'

describe('the job file under many processes', function () {
  this.timeout(120_000)

  it('keeps every acknowledged change, and no reader ever sees a broken file', async function () {
    const { verdict } = await keepsItsPromise(this, storeGoal, { procs: 4, updates: 25, readers: 2 })

    assert.equal(verdict.figures.stored, 100)
  })

  it('is free within a second of the kill of whoever holds its lock, and has lost nothing (P4)', async function () {
    const { verdict } = await keepsItsPromise(this, storeGoal, { procs: 3, updates: 30, readers: 1, kill: 3 })

    assert.equal(verdict.figures.kills, 3)
  })

  it('is what the harness would find fault with: without reading again under the lock, changes are lost', async function () {
    const mutant = { store: 'ours-without-reread', procs: 2, updates: 20, readers: 0 }
    const { verdict } = await inShort(this, storeGoal, mutant)

    assert.ok(verdict.broken.some(({ what }) => /stored of 40 acknowledged/.test(what)))
  })
})
