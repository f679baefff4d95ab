import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { StatusDocument } from '../../src/cli/documents.js'
import { quickStatusText } from '../../src/cli/quick-status.js'
import { type Job, noCounts } from '../../src/core/jobs/job.js'
import { inTempDir } from '../support/temp-dir.js'
import { runCli } from './run-cli.js'
import { completedJob, noon, oneOfEach, runningJob, writeJobs } from './sample-jobs.js'

const context = (cwd: string, env: NodeJS.ProcessEnv = {}) => ({ cwd, env, nowMs: noon })

describe('the quick path of status --json', () => {
  it('prints byte for byte what the full command prints', () =>
    inTempDir(async (cwd) => {
      // A running job's duration depends on the moment; all others are as they are.
      const still = oneOfEach.filter(({ status }) => status !== 'running')
      writeJobs(join(cwd, '.wholesaler'), [...still, completedJob(9, { errorMessages: ['\x1b[31m', 'ł\u2028'] })])

      for (const words of [[], ...still.map(({ id }) => [String(id)]), ['9']]) {
        const quick = await quickStatusText([...words, '--json'], context(cwd))
        // A variable that the quick path does not answer for sends the question to the full command.
        const full = await runCli(['status', ...words, '--json'], { cwd, env: { WHOLESALER_CHECK: 'no' } })

        assert.equal(quick, full.stdout)
        assert.equal((await runCli(['status', ...words, '--json'], { cwd })).stdout, full.stdout)
      }
    }))

  it('finds the state folder as every command does: flag, variable, config, working directory', () =>
    inTempDir(async (dir) => {
      const inner = join(dir, 'shop', 'inner')
      mkdirSync(inner, { recursive: true })
      writeFileSync(join(dir, 'shop', 'wholesaler.config.yaml'), 'throw: never evaluated')
      writeFileSync(join(dir, 'other.config.json'), '{}')
      writeJobs(join(dir, 'shop', '.wholesaler'), [completedJob(1)])
      writeJobs(join(dir, 'by-variable'), [completedJob(2)])
      writeJobs(join(dir, 'by-flag'), [completedJob(3)])
      writeJobs(join(dir, '.wholesaler'), [completedJob(4)])
      const asked = async (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
        (JSON.parse((await quickStatusText([...args, '--json'], context(inner, env))) ?? '{}') as { job: Job }).job.id
      const variable = { WHOLESALER_STATE_DIR: join(dir, 'by-variable') }

      assert.equal(await asked([]), 1)
      assert.equal(await asked([], variable), 2)
      assert.equal(await asked(['--state-dir', '../../by-flag'], variable), 3)
      assert.equal(await asked(['--config=../../other.config.json']), 4)
      assert.equal(await asked([], { WHOLESALER_STATE_DIR: '' }), 1)
    }))

  it('counts a running job by its latest sign of life, and ignores one of an earlier owner', () =>
    inTempDir(async (cwd) => {
      const dir = join(cwd, '.wholesaler')
      writeJobs(dir, [runningJob(4), runningJob(5)])
      const counts = { ...noCounts, processed: 250, created: 250, estimatedTotal: 500 }
      const heartbeat = { hbSeq: 3, progress: 9, counts, at: noon }
      mkdirSync(join(dir, 'heartbeats'))
      writeFileSync(join(dir, 'heartbeats', '4.json'), JSON.stringify({ ...heartbeat, jobId: 4, token: 40 }))
      writeFileSync(join(dir, 'heartbeats', '5.json'), JSON.stringify({ ...heartbeat, jobId: 5, token: 49 }))

      const shown = async (id: string) =>
        (JSON.parse((await quickStatusText([id, '--json'], context(cwd))) ?? '{}') as StatusDocument).job

      assert.deepEqual([(await shown('4'))?.total_processed, (await shown('4'))?.progress], [250, 50])
      assert.equal((await shown('5'))?.total_processed, 120)
    }))

  it('says so when there is no job yet', () =>
    inTempDir(async (cwd) => {
      const document = JSON.parse((await quickStatusText(['--json'], context(cwd))) ?? '{}')

      assert.deepEqual([document.success, document.job], [true, null])
    }))

  const notAnswered: readonly (readonly [why: string, args: string[], env?: NodeJS.ProcessEnv])[] = [
    ['text for people', ['1']],
    ['a job that does not exist', ['99', '--json']],
    ['a word that is no id', ['one', '--json']],
    ['a negative id', ['-1', '--json']],
    ['two ids', ['1', '2', '--json']],
    ['flags of the full command', ['--json', '--wait']],
    ['unknown flags', ['--json', '--nope']],
    ['help', ['--json', '--help']],
    ['a flag that is given twice', ['--json', '--state-dir', 'a', '--state-dir', 'b']],
    ['a flag without its value', ['--json', '--state-dir']],
    ['words after --', ['--json', '--', '1']],
    ['a config file that is not there', ['--json', '--config', 'gone.js']],
    ['variables of other flags', ['--json'], { WHOLESALER_WATCH: '1' }],
  ]
  for (const [why, args, env = {}] of notAnswered) {
    it(`leaves ${why} to the full command`, () =>
      inTempDir(async (cwd) => {
        writeJobs(join(cwd, '.wholesaler'), [completedJob(1), completedJob(2)])

        assert.equal(await quickStatusText(args, context(cwd, env)), null)
      }))
  }

  it('leaves a damaged job file to the full command, which can say so (D7)', () =>
    inTempDir(async (cwd) => {
      writeJobs(join(cwd, '.wholesaler'), [completedJob(1)])
      writeFileSync(join(cwd, '.wholesaler', 'jobs.json'), '\0\0\0')

      assert.equal(await quickStatusText(['--json'], context(cwd)), null)
    }))
})
