/**
 * Jobs as they come back from disk: `unknown` in, `Job` out, or `state_unreadable` naming the value that is
 * wrong. Unknown fields are tolerated and not kept.
 */
import { WholesalerError } from '../errors.js'
import type { StorePace } from '../store/store.js'
import type { Job, JobBase, JobCounts, JobEvent, JobFailures, JobImageCounts, JobOptions, Lease, Owner } from './job.js'
import { completeReasons, failReasons, jobKinds, jobStatuses, stuckReasons } from './job.js'
import { type JobHistory, noHistory } from './job-history.js'
import { StoredObject } from './stored-object.js'

/** `jobs.json` as a whole. `rev` counts the changes. */
export interface JobDocument {
  readonly schema_version: number
  readonly rev: number
  /** By id, as text. */
  readonly jobs: Readonly<Record<string, Job>>
  /** Of jobs that are not among them any more. */
  readonly history: JobHistory
}

/** Turns a document of one schema version into one of the next. */
export type Migration = (document: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>

/** The first entry migrates version 1 to 2, and so on. A new field needs a new version: older programs drop unknown ones. */
const migrations: readonly Migration[] = []
export const jobSchemaVersion = migrations.length + 1

export const emptyJobDocument: JobDocument = { schema_version: jobSchemaVersion, rev: 0, jobs: {}, history: noHistory }

/** Reads `jobs.json`; older versions are migrated, newer ones refused. Throws `state_unreadable`. */
export function parseJobFile(value: unknown, steps: readonly Migration[] = migrations): JobDocument {
  const stored = StoredObject.of(value, '', 'jobs.json')
  const version = stored.count('schema_version')
  const known = steps.length + 1
  if (version > known) {
    throw new WholesalerError({
      kind: 'state_unreadable',
      message: `the job file has schema version ${version}; this program reads up to ${known}`,
      hint: 'It was written by a newer version of wholesaler: use that version, or another --state-dir.',
      place: { field: 'schema_version' },
    })
  }
  if (version < 1) stored.refuse('schema_version', 'a version from 1 on')
  const migrated = steps.slice(version - 1).reduce((older, step) => step(older), stored.fields)
  const document = StoredObject.of(migrated, '', 'jobs.json')
  const entries = document.object('jobs')
  const jobs: Record<string, Job> = {}
  for (const key of entries.keys()) {
    const entry = entries.object(key)
    const job = parseStoredJob(entry)
    if (String(job.id) !== key) entry.refuse('id', `the number ${key}`)
    jobs[key] = job
  }
  const history = document.has('history') ? parseHistory(document.object('history')) : noHistory
  return { schema_version: known, rev: document.count('rev'), jobs, history }
}

function parseHistory(stored: StoredObject): JobHistory {
  return {
    completed: stored.count('completed'),
    failed: stored.count('failed'),
    ...parseSums(stored),
    completedMs: stored.count('completedMs'),
    workedMs: stored.count('workedMs'),
  }
}

/** Reads one job; `path` names it in messages. Throws `state_unreadable`. */
export function parseJob(value: unknown, path = 'job'): Job {
  return parseStoredJob(StoredObject.of(value, path))
}

function parseStoredJob(stored: StoredObject): Job {
  const base = parseBase(stored)
  const status = stored.oneOf('status', jobStatuses)
  switch (status) {
    case 'scheduled':
      return { ...base, status, notBefore: stored.time('notBefore') }
    case 'running':
      return {
        ...base,
        status,
        startedAt: stored.time('startedAt'),
        lease: parseLease(stored.object('lease')),
        cancelRequested: stored.flag('cancelRequested'),
      }
    case 'processing_stuck':
      return {
        ...base,
        status,
        reason: stored.oneOf('reason', stuckReasons),
        startedAt: stored.timeOrNull('startedAt'),
        stuckAt: stored.time('stuckAt'),
        evidence: stored.text('evidence'),
        lostOwner: stored.objectOrNull('lostOwner', parseOwner),
        cancelRequested: stored.flag('cancelRequested'),
      }
    case 'completed':
      return {
        ...base,
        status,
        reason: stored.oneOf('reason', completeReasons),
        startedAt: stored.time('startedAt'),
        completedAt: stored.time('completedAt'),
        exitCode: stored.count('exitCode'),
      }
    case 'failed':
      return {
        ...base,
        status,
        reason: stored.oneOf('reason', failReasons),
        startedAt: stored.timeOrNull('startedAt'),
        completedAt: stored.time('completedAt'),
        exitCode: stored.count('exitCode'),
      }
    default:
      return status satisfies never
  }
}

function parseBase(stored: StoredObject): JobBase {
  return {
    id: stored.count('id'),
    kind: stored.oneOf('kind', jobKinds),
    options: parseOptions(stored.object('options')),
    createdAt: stored.time('createdAt'),
    scheduledAt: stored.time('scheduledAt'),
    attempt: stored.count('attempt'),
    token: stored.count('token'),
    counts: parseCounts(stored.object('counts')),
    failures: parseFailures(stored.object('failures')),
    events: stored.objects('events', parseEvent),
    errorMessages: stored.texts('errorMessages'),
  }
}

function parseOptions(stored: StoredObject): JobOptions {
  return {
    wholesalers: stored.texts('wholesalers'),
    source: stored.textOrNull('source'),
    stdinSha256: stored.textOrNull('stdinSha256'),
    as: stored.textOrNull('as'),
    configPath: stored.textOrNull('configPath'),
    preset: stored.textOrNull('preset'),
    format: stored.textOrNull('format'),
    batches: stored.countOrNull('batches'),
    perBatch: stored.count('perBatch'),
    images: stored.flag('images'),
    updateExisting: stored.flag('updateExisting'),
    lenient: stored.flag('lenient'),
    verify: stored.flag('verify'),
    remap: stored.flag('remap'),
    checksum: stored.flag('checksum'),
    refreshImages: stored.flag('refreshImages'),
    retryImages: stored.flag('retryImages'),
    maxDurationMs: stored.timeOrNull('maxDurationMs'),
    maxDelete: stored.countOrNull('maxDelete'),
    allowShrink: stored.flag('allowShrink'),
    allowPrivateHosts: stored.texts('allowPrivateHosts'),
    priority: stored.count('priority'),
  }
}

type Sums = Pick<JobCounts, 'processed' | 'created' | 'updated' | 'unchanged' | 'skipped' | 'errors'>

/** What one job counts of products, and all jobs of the past together. */
function parseSums(stored: StoredObject): Sums {
  return {
    processed: stored.count('processed'),
    created: stored.count('created'),
    updated: stored.count('updated'),
    unchanged: stored.count('unchanged'),
    skipped: stored.count('skipped'),
    errors: stored.count('errors'),
  }
}

/** Counts are also what a heartbeat carries. */
export function parseCounts(stored: StoredObject): JobCounts {
  return {
    ...parseSums(stored),
    batches: stored.count('batches'),
    estimatedTotal: stored.countOrNull('estimatedTotal'),
    images: parseImageCounts(stored.object('images')),
    ...(stored.has('retired') ? { retired: stored.count('retired') } : {}),
    ...(stored.has('pace') ? { pace: parsePace(stored.object('pace')) } : {}),
  }
}

function parsePace(stored: StoredObject): StorePace {
  return {
    requestSize: stored.count('requestSize'),
    requestsAtOnce: stored.count('requestsAtOnce'),
    latencyMs: stored.countOrNull('latencyMs'),
  }
}

function parseImageCounts(stored: StoredObject): JobImageCounts {
  return {
    wanted: stored.count('wanted'),
    downloaded: stored.count('downloaded'),
    attached: stored.count('attached'),
    duplicatesSkipped: stored.count('duplicatesSkipped'),
    failed: stored.count('failed'),
  }
}

function parseFailures(stored: StoredObject): JobFailures {
  return {
    transient: stored.count('transient'),
    crashes: stored.count('crashes'),
    crashesInVain: stored.count('crashesInVain'),
    crashesInRow: stored.count('crashesInRow'),
    checkpoints: stored.count('checkpoints'),
  }
}

function parseEvent(stored: StoredObject): JobEvent {
  return { at: stored.time('at'), message: stored.text('message') }
}

function parseLease(stored: StoredObject): Lease {
  return {
    token: stored.count('token'),
    owner: parseOwner(stored.object('owner')),
    acquiredAt: stored.time('acquiredAt'),
  }
}

export function parseOwner(stored: StoredObject): Owner {
  return {
    host: stored.text('host'),
    bootId: stored.textOrNull('bootId'),
    pidNamespace: stored.textOrNull('pidNamespace'),
    pid: stored.count('pid'),
    startTicks: stored.textOrNull('startTicks'),
    nonce: stored.text('nonce'),
  }
}
