import assert from 'node:assert/strict'
import { join } from 'node:path'
import { openJobBoard } from '../../src/serve/job-board.js'
import { completedJob, runningJob, writeJobs } from '../cli/sample-jobs.js'
import { fixedClock } from '../support/fixed-clock.js'
import { inTempDir } from '../support/temp-dir.js'

const boardIn = (dir: string, warnings: string[] = []) =>
  openJobBoard({
    stateDir: join(dir, '.wholesaler'),
    clock: fixedClock(),
    onWarning: (message) => warnings.push(message),
  })

describe('the board of jobs', () => {
  it('never answers with less than what was written before it was asked, however many ask', () =>
    inTempDir(async (dir) => {
      const board = boardIn(dir)
      for (let id = 1; id <= 100; id += 1) {
        const early = [board.read(), board.read()]
        writeJobs(join(dir, '.wholesaler'), [completedJob(id)])
        const late = await Promise.all([board.read(), board.read(), board.read()])
        assert.deepEqual(
          late.map(({ jobs }) => jobs[0]?.id),
          [id, id, id],
        )
        await Promise.all(early)
      }
    }))

  it('reads nothing again while nothing has changed, and says so by its version', () =>
    inTempDir(async (dir) => {
      const board = boardIn(dir)
      const none = await board.read()
      writeJobs(join(dir, '.wholesaler'), [completedJob(1)])
      const one = await board.read()
      const same = await board.read()

      assert.deepEqual([none.jobs.length, one.jobs.length, same === one], [0, 1, true])
      assert.notEqual(none.version, one.version)
    }))

  it('looks at signs of life of running jobs now and then', () =>
    inTempDir(async (dir) => {
      writeJobs(join(dir, '.wholesaler'), [runningJob(1)])
      const board = boardIn(dir)
      const first = await board.read()

      assert.equal((await board.read()) === first, true)
      assert.equal(first.jobs[0]?.status, 'running')
    }))

  it('warns once of a damaged job file, and answers from its backup', () =>
    inTempDir(async (dir) => {
      const stateDir = join(dir, '.wholesaler')
      writeJobs(stateDir, [completedJob(7)])
      const { copyFileSync, writeFileSync } = await import('node:fs')
      copyFileSync(join(stateDir, 'jobs.json'), join(stateDir, 'jobs.json.bak'))
      writeFileSync(join(stateDir, 'jobs.json'), '{')
      const warnings: string[] = []
      const board = boardIn(dir, warnings)
      const { jobs } = await board.read()
      writeFileSync(join(stateDir, 'jobs.json'), '{"')
      await board.read()

      assert.deepEqual([jobs[0]?.id, warnings.length], [7, 1])
    }))
})
