import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { armFailpoints, failpoint } from '../../src/core/failpoint.js'

/** Passes a fail point some times in a process of its own, which prints each passing it survives. */
function passIn(spec: string, name: string, times: number) {
  const module = join(import.meta.dirname, '../../src/core/failpoint.ts')
  const script = `
    const { failpoint } = await import(${JSON.stringify(module)})
    for (let n = 1; n <= ${times}; n += 1) { failpoint('${name}'); console.log(n) }`
  const ended = spawnSync(process.execPath, ['--import=tsx', '--input-type=module', '-e', script], {
    encoding: 'utf8',
    env: { ...process.env, WHOLESALER_FAILPOINT: spec },
  })
  return { ...ended, survived: ended.stdout.split('\n').filter((line) => line !== '').length }
}

describe('failpoint', () => {
  it('does nothing unless it is armed', () => {
    failpoint('batch-applied', '1-1')

    const disarm = armFailpoints('batch-claimed:1:throw')
    failpoint('batch-applied', '1-1')
    disarm()
    failpoint('batch-claimed', '1-1')
  })

  it('fails at the n-th passing only, or from there on with a +', () => {
    const failures = (spec: string) => {
      const disarm = armFailpoints(spec)
      try {
        return [1, 2, 3, 4].filter(() => {
          try {
            failpoint('batch-claim')
            return false
          } catch {
            return true
          }
        })
      } finally {
        disarm()
      }
    }

    assert.deepEqual(failures('batch-claim:2:throw'), [2])
    assert.deepEqual(failures('batch-claim:3+:throw'), [3, 4])
  })

  it('fails only at the product that its key names, whatever is in that key', () => {
    const disarmOther = armFailpoints('apply-product@shop:7 b:1+:throw; batch-claim:9:throw')
    try {
      failpoint('apply-product', 'shop:7')
      assert.throws(() => failpoint('apply-product', 'SHOP:7 b'), /fail point apply-product at SHOP:7 b/)
    } finally {
      disarmOther()
    }
  })

  it('kills the process on the spot, ends it with 1, or holds it for a while', () => {
    const killed = passIn('batch-claim:2:kill', 'batch-claim', 5)
    const ended = passIn('batch-claim:3:exit', 'batch-claim', 5)
    const held = passIn('batch-claim:1:hang:50', 'batch-claim', 5)

    assert.deepEqual([killed.signal, killed.survived], ['SIGKILL', 1])
    assert.deepEqual([ended.status, ended.survived], [1, 2])
    assert.deepEqual([held.status, held.survived], [0, 5])
  })

  it('refuses what it does not understand instead of never failing', () => {
    for (const spec of ['batch-aplied', 'batch-applied:kill:3', 'batch-applied:x9']) {
      assert.throws(() => armFailpoints(spec), { kind: 'usage', message: /is not a fail point/ }, spec)
    }
  })
})
