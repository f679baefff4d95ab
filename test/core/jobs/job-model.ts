/** A model of a job's states, held against the code by events in any order: in tests briefly, in `npm run chaos -- model` for long. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { type Job, type JobStatus, noCounts } from '../../../src/core/jobs/job.js'
import * as transitions from '../../../src/core/jobs/job-transitions.js'
import { parseJob } from '../../../src/core/jobs/parse-job.js'
import { sampleOptions, sampleOwner, startOfTest } from './sample-jobs.js'

/** The table of allowed ways, written down a second time, on its own: the model that the code is held against. */
const allowed: Readonly<Record<JobStatus, readonly JobStatus[]>> = {
  scheduled: ['scheduled', 'running', 'processing_stuck', 'failed'],
  running: ['running', 'completed', 'failed', 'scheduled', 'processing_stuck'],
  processing_stuck: ['processing_stuck', 'scheduled', 'failed'],
  completed: ['completed'],
  failed: ['failed', 'scheduled'],
}

const actions = [
  'start',
  'checkpoint',
  'requestCancel',
  'complete',
  'fail',
  'transient',
  'stopped',
  'lose',
  'never',
  'restart',
  'giveUp',
  'cancel',
  'retry',
] as const
type Action = (typeof actions)[number]

interface Event {
  readonly action: Action
  /** Passed since the event before. */
  readonly ms: number
  /** How far behind the newest token the one is that is shown. */
  readonly stale: number
  readonly progress: number
}

const events = fc.array(
  fc.record<Event>({
    action: fc.constantFrom(...actions),
    ms: fc.integer({ min: 0, max: 4_000_000 }),
    stale: fc.constantFrom(0, 0, 0, 1, 2),
    progress: fc.integer({ min: 0, max: 2 }),
  }),
  { maxLength: 60 },
)

interface World {
  job: Job
  now: number
  sequence: number
  checkpoints: number
}

function newWorld(): World {
  const job = transitions.schedule({ id: 1, options: sampleOptions, now: startOfTest })
  return { job, now: startOfTest, sequence: 1, checkpoints: 0 }
}

/** Does to the job what a program would try; what the code refuses leaves the job as it was. */
function apply(world: World, event: Event): void {
  world.now += event.ms
  world.checkpoints += event.progress
  const before = structuredClone(world.job)
  try {
    world.job = attempt(world, event)
  } catch (error: unknown) {
    if ((error as { name?: string }).name !== 'WholesalerError') throw error
    assert.deepEqual(world.job, before)
  }
}

function attempt(world: World, { action, stale }: Event): Job {
  const { now, checkpoints } = world
  const job = world.job as never
  const by = { token: world.job.token - stale, now, counts: noCounts }
  switch (action) {
    case 'start':
      world.sequence += 1
      return transitions.start(job, { owner: sampleOwner, token: world.sequence - stale, now })
    case 'checkpoint':
      return transitions.checkpoint(job, { ...by, message: 'on' })
    case 'requestCancel':
      return transitions.requestCancel(job, now)
    case 'complete':
      return transitions.complete(job, { ...by, reason: 'done', exitCode: 0, errorMessages: [] })
    case 'fail':
      return transitions.fail(job, { ...by, reason: 'error', exitCode: 1, message: 'no' })
    case 'transient':
    case 'stopped':
      return transitions.reschedule(job, { ...by, why: action, message: 'later' })
    case 'lose':
      world.sequence += 1
      return transitions.markOwnerLost(job, { reason: 'owner_dead', evidence: 'gone', token: world.sequence, now })
    case 'never':
      return transitions.markNeverStarted(job, { now, evidence: 'old' })
    case 'restart':
      return transitions.restart(job, { now, checkpoints })
    case 'giveUp':
      return transitions.giveUp(job, { now, checkpoints, exitCode: 1 })
    case 'cancel':
      return transitions.cancel(job, { now, exitCode: 130 })
    case 'retry':
      return transitions.retry(job, now)
    default:
      return action satisfies never
  }
}

export interface ModelRuns {
  readonly runs: number
  /** Chance; undefined = another one each time, told on failure. */
  readonly seed?: number
}

/** No way is taken that is not in the table, no token is lowered, and the job can always be read back. Throws otherwise. */
export function checkEveryStep({ runs, seed }: ModelRuns): void {
  fc.assert(
    fc.property(events, (sequence) => {
      const world = newWorld()
      for (const event of sequence) {
        const { status, token } = world.job
        apply(world, event)

        assert.ok(allowed[status].includes(world.job.status), `${status} -> ${world.job.status} by ${event.action}`)
        assert.ok(world.job.token >= token)
        assert.deepEqual(parseJob(JSON.parse(JSON.stringify(world.job))), world.job)
        if (world.job.status === 'running') assert.equal(world.job.lease.token, world.job.token)
      }
    }),
    { numRuns: runs, ...(seed === undefined ? {} : { seed }) },
  )
}

/** Wherever the job is, it reaches its end when every worker crashes and recovery goes on. Throws otherwise. */
export function checkEveryEnd({ runs, seed }: ModelRuns): void {
  fc.assert(
    fc.property(events, (sequence) => {
      const world = newWorld()
      for (const event of sequence) apply(world, event)

      const crash: readonly Action[] = ['start', 'lose', 'restart', 'giveUp']
      let rounds = 0
      while (world.job.status !== 'completed' && world.job.status !== 'failed') {
        for (const action of crash) {
          const progress = action === 'start' && rounds % 3 === 2 ? 1 : 0
          apply(world, { action, ms: 1_800_000, stale: 0, progress })
        }
        rounds += 1
        assert.ok(rounds <= 2 * transitions.crashesInVainMax, `still ${world.job.status}`)
      }
    }),
    { numRuns: runs, ...(seed === undefined ? {} : { seed }) },
  )
}
