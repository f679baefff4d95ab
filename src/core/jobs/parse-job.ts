/**
 * Jobs as they come back from disk: `unknown` in, `Job` out, or `state_unreadable` naming the value that is
 * wrong. Hand-written: `status` loads it at every start, where a schema library would cost more than the
 * rest of the command. Unknown fields are tolerated and not kept.
 */
import { WholesalerError } from '../errors.js'
import type { StorePace } from '../store/store.js'
import type { Job, JobBase, JobCounts, JobEvent, JobFailures, JobImageCounts, JobOptions, Lease, Owner } from './job.js'
import { completeReasons, failReasons, jobKinds, jobStatuses, stuckReasons } from './job.js'
import { type JobHistory, noHistory } from './job-history.js'

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
  const stored = object(value, 'jobs.json')
  const version = count(stored.schema_version, 'schema_version')
  const known = steps.length + 1
  if (version > known) {
    throw new WholesalerError({
      kind: 'state_unreadable',
      message: `the job file has schema version ${version}; this program reads up to ${known}`,
      hint: 'It was written by a newer version of wholesaler: use that version, or another --state-dir.',
      place: { field: 'schema_version' },
    })
  }
  if (version < 1) throw wrong('schema_version', 'a version from 1 on', version)
  const document = steps.slice(version - 1).reduce((older, step) => step(older), stored)
  const jobs: Record<string, Job> = {}
  for (const [key, entry] of Object.entries(object(document.jobs, 'jobs'))) {
    const job = parseJob(entry, `jobs.${key}`)
    if (String(job.id) !== key) throw wrong(`jobs.${key}.id`, `the number ${key}`, job.id)
    jobs[key] = job
  }
  const history = document.history === undefined ? noHistory : parseHistory(document.history)
  return { schema_version: known, rev: count(document.rev, 'rev'), jobs, history }
}

function parseHistory(value: unknown): JobHistory {
  const stored = object(value, 'history')
  const at = (field: keyof JobHistory) => count(stored[field], `history.${field}`)
  return {
    completed: at('completed'),
    failed: at('failed'),
    processed: at('processed'),
    created: at('created'),
    updated: at('updated'),
    unchanged: at('unchanged'),
    skipped: at('skipped'),
    errors: at('errors'),
    completedMs: at('completedMs'),
    workedMs: at('workedMs'),
  }
}

/** Reads one job; `path` names it in messages. Throws `state_unreadable`. */
export function parseJob(value: unknown, path = 'job'): Job {
  const stored = object(value, path)
  const base = parseBase(stored, path)
  const at = (field: string) => `${path}.${field}`
  const status = oneOf(jobStatuses)(stored.status, at('status'))
  switch (status) {
    case 'scheduled':
      return { ...base, status, notBefore: time(stored.notBefore, at('notBefore')) }
    case 'running':
      return {
        ...base,
        status,
        startedAt: time(stored.startedAt, at('startedAt')),
        lease: parseLease(stored.lease, at('lease')),
        cancelRequested: flag(stored.cancelRequested, at('cancelRequested')),
      }
    case 'processing_stuck':
      return {
        ...base,
        status,
        reason: oneOf(stuckReasons)(stored.reason, at('reason')),
        startedAt: nullable(time)(stored.startedAt, at('startedAt')),
        stuckAt: time(stored.stuckAt, at('stuckAt')),
        evidence: text(stored.evidence, at('evidence')),
        lostOwner: nullable(parseOwner)(stored.lostOwner, at('lostOwner')),
        cancelRequested: flag(stored.cancelRequested, at('cancelRequested')),
      }
    case 'completed':
      return {
        ...base,
        status,
        reason: oneOf(completeReasons)(stored.reason, at('reason')),
        startedAt: time(stored.startedAt, at('startedAt')),
        completedAt: time(stored.completedAt, at('completedAt')),
        exitCode: count(stored.exitCode, at('exitCode')),
      }
    case 'failed':
      return {
        ...base,
        status,
        reason: oneOf(failReasons)(stored.reason, at('reason')),
        startedAt: nullable(time)(stored.startedAt, at('startedAt')),
        completedAt: time(stored.completedAt, at('completedAt')),
        exitCode: count(stored.exitCode, at('exitCode')),
      }
    default:
      return status satisfies never
  }
}

function parseBase(stored: Fields, path: string): JobBase {
  const at = (field: string) => `${path}.${field}`
  return {
    id: count(stored.id, at('id')),
    kind: oneOf(jobKinds)(stored.kind, at('kind')),
    options: parseOptions(stored.options, at('options')),
    createdAt: time(stored.createdAt, at('createdAt')),
    scheduledAt: time(stored.scheduledAt, at('scheduledAt')),
    attempt: count(stored.attempt, at('attempt')),
    token: count(stored.token, at('token')),
    counts: parseCounts(stored.counts, at('counts')),
    failures: parseFailures(stored.failures, at('failures')),
    events: list(parseEvent)(stored.events, at('events')),
    errorMessages: list(text)(stored.errorMessages, at('errorMessages')),
  }
}

function parseOptions(value: unknown, path: string): JobOptions {
  const stored = object(value, path)
  const at = (field: string) => `${path}.${field}`
  return {
    wholesalers: list(text)(stored.wholesalers, at('wholesalers')),
    source: nullable(text)(stored.source, at('source')),
    stdinSha256: nullable(text)(stored.stdinSha256, at('stdinSha256')),
    as: nullable(text)(stored.as, at('as')),
    configPath: nullable(text)(stored.configPath, at('configPath')),
    preset: nullable(text)(stored.preset, at('preset')),
    format: nullable(text)(stored.format, at('format')),
    batches: nullable(count)(stored.batches, at('batches')),
    perBatch: count(stored.perBatch, at('perBatch')),
    images: flag(stored.images, at('images')),
    updateExisting: flag(stored.updateExisting, at('updateExisting')),
    lenient: flag(stored.lenient, at('lenient')),
    verify: flag(stored.verify, at('verify')),
    remap: flag(stored.remap, at('remap')),
    checksum: flag(stored.checksum, at('checksum')),
    refreshImages: flag(stored.refreshImages, at('refreshImages')),
    retryImages: flag(stored.retryImages, at('retryImages')),
    maxDurationMs: nullable(time)(stored.maxDurationMs, at('maxDurationMs')),
    maxDelete: nullable(count)(stored.maxDelete, at('maxDelete')),
    allowShrink: flag(stored.allowShrink, at('allowShrink')),
    allowPrivateHosts: list(text)(stored.allowPrivateHosts, at('allowPrivateHosts')),
    priority: count(stored.priority, at('priority')),
  }
}

/** Counts are also what a heartbeat carries. */
export function parseCounts(value: unknown, path: string): JobCounts {
  const stored = object(value, path)
  const at = (field: string) => `${path}.${field}`
  return {
    processed: count(stored.processed, at('processed')),
    created: count(stored.created, at('created')),
    updated: count(stored.updated, at('updated')),
    unchanged: count(stored.unchanged, at('unchanged')),
    skipped: count(stored.skipped, at('skipped')),
    errors: count(stored.errors, at('errors')),
    batches: count(stored.batches, at('batches')),
    estimatedTotal: nullable(count)(stored.estimatedTotal, at('estimatedTotal')),
    images: parseImageCounts(stored.images, at('images')),
    ...(stored.retired === undefined ? {} : { retired: count(stored.retired, at('retired')) }),
    ...(stored.pace === undefined ? {} : { pace: parsePace(stored.pace, at('pace')) }),
  }
}

function parsePace(value: unknown, path: string): StorePace {
  const stored = object(value, path)
  const at = (field: string) => `${path}.${field}`
  return {
    requestSize: count(stored.requestSize, at('requestSize')),
    requestsAtOnce: count(stored.requestsAtOnce, at('requestsAtOnce')),
    latencyMs: nullable(count)(stored.latencyMs, at('latencyMs')),
  }
}

function parseImageCounts(value: unknown, path: string): JobImageCounts {
  const stored = object(value, path)
  const at = (field: string) => `${path}.${field}`
  return {
    wanted: count(stored.wanted, at('wanted')),
    downloaded: count(stored.downloaded, at('downloaded')),
    attached: count(stored.attached, at('attached')),
    duplicatesSkipped: count(stored.duplicatesSkipped, at('duplicatesSkipped')),
    failed: count(stored.failed, at('failed')),
  }
}

function parseFailures(value: unknown, path: string): JobFailures {
  const stored = object(value, path)
  const at = (field: string) => `${path}.${field}`
  return {
    transient: count(stored.transient, at('transient')),
    crashes: count(stored.crashes, at('crashes')),
    crashesInVain: count(stored.crashesInVain, at('crashesInVain')),
    crashesInRow: count(stored.crashesInRow, at('crashesInRow')),
    checkpoints: count(stored.checkpoints, at('checkpoints')),
  }
}

function parseEvent(value: unknown, path: string): JobEvent {
  const stored = object(value, path)
  return { at: time(stored.at, `${path}.at`), message: text(stored.message, `${path}.message`) }
}

function parseLease(value: unknown, path: string): Lease {
  const stored = object(value, path)
  return {
    token: count(stored.token, `${path}.token`),
    owner: parseOwner(stored.owner, `${path}.owner`),
    acquiredAt: time(stored.acquiredAt, `${path}.acquiredAt`),
  }
}

export function parseOwner(value: unknown, path: string): Owner {
  const stored = object(value, path)
  const at = (field: string) => `${path}.${field}`
  return {
    host: text(stored.host, at('host')),
    bootId: nullable(text)(stored.bootId, at('bootId')),
    pidNamespace: nullable(text)(stored.pidNamespace, at('pidNamespace')),
    pid: count(stored.pid, at('pid')),
    startTicks: nullable(text)(stored.startTicks, at('startTicks')),
    nonce: text(stored.nonce, at('nonce')),
  }
}

export type Fields = Readonly<Record<string, unknown>>
type Reader<T> = (value: unknown, path: string) => T

export function object(value: unknown, path: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(path, 'an object', value)
  return value as Fields
}

export function text(value: unknown, path: string): string {
  if (typeof value !== 'string') throw wrong(path, 'text', value)
  return value
}

/** A whole number from 0 on. */
export function count(value: unknown, path: string): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw wrong(path, 'a whole number from 0 on', value)
  return value as number
}

/** Unix milliseconds, or a length of time in them; any finite number, since a wall clock may stand before 1970. */
export function time(value: unknown, path: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw wrong(path, 'a time in milliseconds', value)
  return value
}

function flag(value: unknown, path: string): boolean {
  if (typeof value !== 'boolean') throw wrong(path, 'true or false', value)
  return value
}

function nullable<T>(read: Reader<T>): Reader<T | null> {
  return (value, path) => (value === null ? null : read(value, path))
}

function list<T>(read: Reader<T>): Reader<readonly T[]> {
  return (value, path) => {
    if (!Array.isArray(value)) throw wrong(path, 'a list', value)
    return value.map((item: unknown, index) => read(item, `${path}.${index}`))
  }
}

function oneOf<const T extends string>(allowed: readonly T[]): Reader<T> {
  return (value, path) => {
    const found = allowed.find((candidate) => candidate === value)
    if (found === undefined) throw wrong(path, `one of ${allowed.join(', ')}`, value)
    return found
  }
}

/** Longest piece of a wrong value that a message quotes, in characters. */
const quotedMax = 40

function wrong(path: string, expected: string, value: unknown): WholesalerError {
  const shown = value === undefined ? 'nothing' : JSON.stringify(value)
  const found = shown.length > quotedMax ? `${shown.slice(0, quotedMax)}…` : shown
  return new WholesalerError({
    kind: 'state_unreadable',
    message: `${path} must be ${expected}, but is ${found}`,
    hint: 'The file was left as it is. Correct the value, or move the file away to start from its backup.',
    place: { field: path },
  })
}
