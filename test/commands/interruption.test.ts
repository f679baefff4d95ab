import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { bin, runCli } from '../cli/run-cli.js'
import { inTempDir } from '../support/temp-dir.js'

/** Enough batches of one product that an import is still at work when it is looked at. */
const products = 20_000

function writeFeed(cwd: string): void {
  const rows = Array.from({ length: products }, (_, i) => `SKU-${i},Product ${i},${i % 90}.50,3`)
  writeFileSync(join(cwd, 'feed.csv'), `sku,name,price,stock\n${rows.join('\n')}\n`)
}

/** Starts an import and waits until it has its job and is at work. */
async function startImport(cwd: string): Promise<ChildProcess & { output: () => string }> {
  const child = spawn(process.execPath, [bin, 'import', 'feed.csv', '--per-batch', '1', '--json'], { cwd })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  const heartbeats = join(cwd, '.wholesaler', 'heartbeats')
  while (!existsSync(heartbeats) || readdirSync(heartbeats).length === 0) await sleep(20)
  return Object.assign(child, { output: () => output })
}

async function importRest(cwd: string) {
  const { code, stdout, stderr } = await runCli(['import', 'feed.csv', '--json'], { cwd })
  return { code, stderr, answer: JSON.parse(stdout) }
}

describe('an import that is interrupted', function () {
  this.timeout(60_000)

  for (const [signal, exitCode] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    it(`by ${signal} keeps its finished batches and ends with ${exitCode}; the next run does the rest (P15)`, () =>
      inTempDir(async (cwd) => {
        writeFeed(cwd)
        const child = await startImport(cwd)

        child.kill(signal)
        const [code] = await once(child, 'close')
        const { success, error, job } = JSON.parse(child.output())
        const rest = await importRest(cwd)

        assert.deepEqual({ code, success, kind: error.code }, { code: exitCode, success: false, kind: 'interrupted' })
        assert.deepEqual([job.status, job.reason, job.exit_code], ['failed', 'interrupted', exitCode])
        assert.ok(job.total_created < products)
        assert.deepEqual(
          [rest.code, rest.answer.job.total_created, rest.answer.pending],
          [0, products - job.total_created, 0],
        )
      }))
  }

  it('by kill -9 is found by the next import, which does the rest and nothing twice (P2)', () =>
    inTempDir(async (cwd) => {
      writeFeed(cwd)
      const child = await startImport(cwd)

      child.kill('SIGKILL')
      await once(child, 'close')
      const rest = await importRest(cwd)
      const { stdout } = await runCli(['export'], { cwd })

      assert.equal(rest.code, 0)
      assert.match(rest.stderr, /Job 1 did not end/)
      assert.equal(rest.answer.pending, 0)
      assert.equal(stdout.trimEnd().split('\r\n').length, products + 1)
    }))

  it('is not disturbed by a second import of its wholesaler, which ends with 11 and names it', () =>
    inTempDir(async (cwd) => {
      writeFeed(cwd)
      const child = await startImport(cwd)

      const second = await importRest(cwd)
      child.kill('SIGKILL')
      await once(child, 'close')

      assert.equal(second.code, 11)
      assert.equal(second.answer.error.code, 'busy')
      assert.match(second.answer.error.message, /job 1 /)
    }))
})
