/** What the page says of a job, from its fields alone. */
import assert from 'node:assert/strict'
import { jobFields, statusDocument } from '../../src/cli/documents.js'
import type { Job } from '../../src/core/jobs/job.js'
import { FactBook, newsSince } from '../../src/serve/page/browser/facts.js'
import { clockText, leftText, namesOf, productsText, rateText, stateOf } from '../../src/serve/page/browser/words.js'
import { completedJob, failedJob, noon, runningJob, scheduledJob, stuckJob } from '../cli/sample-jobs.js'
import { asPageStatus } from './page-documents.js'

const fieldsOf = (job: Job) => jobFields(job, noon)
const documentOf = (job: Job) => asPageStatus(statusDocument({ job, nowMs: noon, exitCode: 0 }))
const newsOf = (jobs: readonly Job[], now = noon / 1000) => ({ jobs: jobs.map(documentOf), stuck: [], now })

describe('words of the page', () => {
  it('have a sign and a word for every state', () => {
    const words = [scheduledJob(1), runningJob(2), stuckJob(3), completedJob(4), failedJob(5)].map((job) =>
      stateOf(fieldsOf(job), false),
    )

    assert.deepEqual(
      words.map(({ mark }) => mark),
      ['waiting', 'running', 'stuck', 'done', 'failed'],
    )
  })

  it('call a job stuck as soon as the server does, before the job file says so', () => {
    assert.equal(stateOf(fieldsOf(runningJob(1)), true).word, 'Stuck')
  })

  it('say when only a part failed, and when somebody asked a job to stop', () => {
    assert.equal(stateOf({ ...fieldsOf(completedJob(1)), exit_code: 3 }, false).word, 'Done, some failed')
    assert.equal(stateOf({ ...fieldsOf(runningJob(1)), cancel_requested: true }, false).word, 'Stopping')
    assert.equal(stateOf({ ...fieldsOf(failedJob(1)), reason: 'cancelled' }, false).word, 'Cancelled')
  })

  it('tell how many products of how many, and not twice the same number', () => {
    const counts = (total_processed: number, estimated_total: number | null) =>
      productsText({ ...fieldsOf(runningJob(1)), total_processed, estimated_total })

    assert.equal(counts(1200, 5000), '1,200 of 5,000')
    assert.equal(counts(5000, 5000), '5,000')
    assert.equal(counts(0, 0), 'nothing to do')
    assert.equal(counts(0, null), '–')
  })

  it('name what a job without wholesalers is about', () => {
    assert.equal(namesOf({ wholesalers: [], kind: 'images' }), 'images of the shop')
    assert.equal(namesOf({ wholesalers: ['a', 'b'], kind: 'import' }), 'a, b')
  })

  it('round what is only a guess', () => {
    assert.deepEqual([0.4, 7, 59, 61, 5399, 7200].map(leftText), [
      'a moment',
      'about 10 s',
      'about 60 s',
      'about 1 min',
      'about 90 min',
      'about 2.0 h',
    ])
    assert.deepEqual([0.44, 9.94, 9.96, 1234.5].map(rateText), ['0.4/s', '9.9/s', '10/s', '1,235/s'])
  })

  it('give as much of a time as tells it apart', () => {
    const now = new Date(2026, 2, 1, 8, 30).getTime()

    assert.equal(clockText(new Date(2026, 2, 1, 0, 5).getTime(), now), '00:05')
    assert.equal(clockText(new Date(2026, 1, 28, 23, 55).getTime(), now), 'yesterday 23:55')
    assert.equal(clockText(new Date(2026, 1, 27, 23, 55).getTime(), now), '27 Feb 23:55')
    assert.equal(clockText(new Date(2025, 1, 27, 23, 55).getTime(), now), '27 Feb 2025')
  })
})

describe('facts of the page', () => {
  const job = (processed: number) => {
    const running = runningJob(7)
    return { ...running, counts: { ...running.counts, processed, estimatedTotal: 500 } }
  }

  it('tell the pace of a job from what was watched, and the time that is left from it', () => {
    let nowMs = 0
    const facts = new FactBook(() => nowMs)
    facts.note(newsOf([job(100)]))
    nowMs = 10_000
    facts.note(newsOf([job(200)]))

    const [watched] = facts.jobs ?? []
    assert.equal(watched?.perSecond, 10)
    assert.equal(watched?.secondsLeft, 30)
  })

  it('go by the clock of the server', () => {
    let nowMs = 5000
    const facts = new FactBook(() => nowMs)
    facts.note(newsOf([], 1_000_000))
    nowMs = 7000

    assert.equal(facts.nowMs(), 1_000_002_000)
  })

  it('are news when a job began, ended or is stuck, but not when it got further', () => {
    const facts = new FactBook(() => 0)
    const noted = (...jobs: readonly Job[]) => {
      const before = facts.jobs
      facts.note(newsOf(jobs))
      return newsSince(before, facts.jobs ?? [])
    }

    assert.deepEqual(noted(job(100)), [], 'what is there when the page is opened')
    assert.deepEqual(noted(job(200)), [])
    assert.deepEqual(noted(completedJob(7)), [`Job 7, ${namesOf(fieldsOf(completedJob(7)))}: Done`])
  })
})
