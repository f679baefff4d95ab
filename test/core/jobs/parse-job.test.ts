import assert from 'node:assert/strict'
import { type Job, jobStatuses } from '../../../src/core/jobs/job.js'
import { noHistory } from '../../../src/core/jobs/job-history.js'
import { jobSchemaVersion, parseJob, parseJobFile } from '../../../src/core/jobs/parse-job.js'
import { jobIn, runningJob, scheduledJob } from './sample-jobs.js'

const document = { schema_version: jobSchemaVersion, rev: 7, jobs: { 1: scheduledJob(1) }, history: noHistory }

describe('parseJob', () => {
  for (const status of jobStatuses) {
    it(`reads back a ${status} job as it was written`, () => {
      const job = jobIn(status)

      assert.deepEqual(parseJob(JSON.parse(JSON.stringify(job))), job)
    })

    it(`refuses a ${status} job that lacks any one of its fields, naming it`, () => {
      for (const path of pathsOf(jobIn(status))) {
        const job = structuredClone(jobIn(status)) as unknown as Record<string, unknown>
        const parent = path.slice(0, -1).reduce((at, field) => at[field] as Record<string, unknown>, job)
        delete parent[path.at(-1) as string]

        const place = `job.${path.join('.')}`
        assert.throws(() => parseJob(job), { kind: 'state_unreadable', place: { field: place } })
      }
    })
  }

  it('reads back how much the store was asked at once, where there is that to tell', () => {
    const job = runningJob()
    const paced = { ...job, counts: { ...job.counts, pace: { requestSize: 48, requestsAtOnce: 2, latencyMs: 2700 } } }

    assert.deepEqual(parseJob(JSON.parse(JSON.stringify(paced))), paced)
    assert.throws(() => parseJob({ ...paced, counts: { ...paced.counts, pace: { requestSize: 'x' } } }), {
      kind: 'state_unreadable',
    })
  })

  it('tolerates fields that it does not know, and leaves them out', () => {
    assert.deepEqual(parseJob({ ...scheduledJob(), shoe_size: 43 }), scheduledJob())
  })

  it('takes no prototype from the file (F6)', () => {
    const text = JSON.stringify(scheduledJob()).replace('{', '{"__proto__":{"status":"completed"},')

    assert.deepEqual(parseJob(JSON.parse(text)), scheduledJob())
  })

  for (const [field, value] of [
    ['id', -1],
    ['id', 1.5],
    ['id', '1'],
    ['token', Number.MAX_SAFE_INTEGER + 1],
    ['createdAt', null],
    ['status', 'done'],
    ['kind', 'export'],
    ['events', {}],
    ['errorMessages', [1]],
    ['options', []],
    ['lease', null],
  ] as const) {
    it(`refuses ${field} = ${JSON.stringify(value)} and says where`, () => {
      assert.throws(() => parseJob({ ...runningJob(), [field]: value }, 'jobs.1'), {
        kind: 'state_unreadable',
        message: new RegExp(`^jobs\\.1\\.${field}`),
      })
    })
  }
})

describe('parseJobFile', () => {
  it('reads a document back', () => {
    assert.deepEqual(parseJobFile(JSON.parse(JSON.stringify(document))), document)
  })

  it('takes a document without sums of forgotten jobs, and refuses sums that are none', () => {
    const { history: _, ...without } = document

    assert.deepEqual(parseJobFile(without), { ...document, history: noHistory })
    assert.throws(() => parseJobFile({ ...document, history: { ...noHistory, failed: -1 } }), {
      kind: 'state_unreadable',
      message: /history.failed/,
    })
  })

  it('refuses a newer schema and says what to do (D8)', () => {
    assert.throws(() => parseJobFile({ ...document, schema_version: jobSchemaVersion + 1 }), {
      kind: 'state_unreadable',
      hint: /newer version/,
    })
  })

  it('brings an older schema up to date, step by step', () => {
    const older = { schema_version: 1, rev: 7, jobs: { 1: { ...scheduledJob(1), attempt: undefined, tries: 3 } } }
    const rename = (stored: Readonly<Record<string, unknown>>) => {
      const jobs = stored.jobs as Record<string, { tries: number }>
      return { ...stored, jobs: { 1: { ...jobs[1], attempt: jobs[1]?.tries } } }
    }

    const { schema_version, jobs } = parseJobFile(older, [rename])

    assert.equal(schema_version, 2)
    assert.equal(jobs[1]?.attempt, 3)
  })

  for (const value of [null, 0, [], {}, 'text', { ...document, schema_version: 0 }, { ...document, jobs: [] }]) {
    it(`refuses ${JSON.stringify(value).slice(0, 40)} (D8)`, () => {
      assert.throws(() => parseJobFile(value), { kind: 'state_unreadable' })
    })
  }

  it('refuses a job under another number than its own', () => {
    assert.throws(() => parseJobFile({ ...document, jobs: { 2: scheduledJob(1) } }), { message: /jobs\.2\.id/ })
  })
})

/** Every field of a job, those of its parts included. */
function pathsOf(job: Job): string[][] {
  const walk = (value: unknown, path: string[]): string[][] => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return [path]
    const below = Object.entries(value).flatMap(([field, part]) => walk(part, [...path, field]))
    return path.length === 0 ? below : [path, ...below]
  }
  return walk(job, [])
}
