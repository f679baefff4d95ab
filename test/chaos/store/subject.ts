/**
 * Stores that are put to the same test. Each keeps the same document, `jobs.json`, in which one update counts
 * up two jobs: the one of all writers and the writer's own. What is lost is missing from the first.
 */
import { join } from 'node:path'
import { Low } from 'lowdb'
import { JSONFile } from 'lowdb/node'
import { systemClock } from '../../../src/core/clock.js'
import { DurableJsonFile } from '../../../src/core/jobs/durable-json-file.js'
import type { Job } from '../../../src/core/jobs/job.js'
import { openLock } from '../../../src/core/jobs/lock.js'
import { jobFileName, jobLockName, openJobStore } from '../../../src/core/jobs/lowdb-job-store.js'
import { thisProcess } from '../../../src/core/jobs/owner.js'
import { emptyJobDocument, type JobDocument, parseJobFile } from '../../../src/core/jobs/parse-job.js'
import { scheduledJob } from '../../core/jobs/sample-jobs.js'
import { MissingTool } from '../fault-tools.js'
import { holdTimer } from './hold-timer.js'

export interface Subject {
  /** Reads, changes, writes. Resolves when the update is acknowledged. `writer` from 1 on. */
  update(writer: number): Promise<void>
  /** Throws when the file is broken. */
  read(): Promise<Counted>
  /** How long each update kept others waiting, in ms; empty where that cannot be seen. */
  readonly heldMs: readonly number[]
  close(): Promise<void>
}

export interface Counted {
  readonly jobs: number
  readonly all: number
  /** From writer 1 on. */
  readonly own: readonly number[]
}

/** Id of the job that every writer counts up; writer `n` has the job after it. */
const sharedId = 1

const openers = {
  ours: openOurs,
  lowdb: openLowdb,
  'lowdb-proper-lockfile': openLocked,
  /** Mutants: what is left out must be noticed. */
  'ours-without-reread': (dir: string) => openMutant(dir, { reread: false, lock: true }),
  'ours-without-lock': (dir: string) => openMutant(dir, { reread: true, lock: false }),
} as const

export type SubjectName = keyof typeof openers
export const subjectNames = Object.keys(openers) as SubjectName[]

export async function openSubject(name: SubjectName, dir: string): Promise<Subject> {
  return await openers[name](dir)
}

/** Fills the document: a job for all, one for each writer, and others that make it as long as a real one. */
export async function prepare(dir: string, { writers, jobs }: { readonly writers: number; readonly jobs: number }) {
  const store = openJobStore({ dir, clock: systemClock, onWarning: refuse })
  const ids = Array.from({ length: Math.max(jobs, writers + 1) }, (_, index) => index + 1)
  await store.transaction(() => ({ put: ids.map((id) => scheduledJob(id)), result: undefined }))
  await store.close()
}

function openOurs(dir: string): Subject {
  const timer = holdTimer(systemClock)
  const store = openJobStore({ dir, clock: timer.clock, onWarning: refuse })
  return {
    update: (writer) =>
      store.transaction((jobs) => ({
        put: [countedUp(jobs.get(sharedId)), countedUp(jobs.get(sharedId + writer))],
        result: undefined,
      })),
    read: async () => countedIn(await store.read()),
    heldMs: timer.heldMs,
    close: () => store.close(),
  }
}

function openLowdb(dir: string): Subject {
  const path = join(dir, jobFileName)
  return { ...withLow(() => new Low(new JSONFile<JobDocument>(path), emptyJobDocument), {}), heldMs: [] }
}

/** The locking library that lowdb's users are sent to; the part of it that is used here. */
interface ProperLockfile {
  lock(path: string, options: { readonly retries: object }): Promise<() => Promise<void>>
}

async function openLocked(dir: string): Promise<Subject> {
  const path = join(dir, jobFileName)
  const { lock } = await importLockfile()
  const retries = { retries: 10_000, minTimeout: 2, maxTimeout: 10 }
  const hold = async (body: () => Promise<void>) => {
    const release = await lock(path, { retries })
    try {
      await body()
    } finally {
      await release()
    }
  }
  return { ...withLow(() => new Low(new JSONFile<JobDocument>(path), emptyJobDocument), { hold }), heldMs: [] }
}

/** Not among the dependencies of the program: only compared with. Throws `MissingTool` where it is not installed. */
async function importLockfile(): Promise<ProperLockfile> {
  const name: string = 'proper-lockfile'
  try {
    return ((await import(name)) as { readonly default: ProperLockfile }).default
  } catch {
    throw new MissingTool('proper-lockfile')
  }
}

/** Our own parts without one of the rules that hold them together. */
function openMutant(dir: string, { reread, lock }: { readonly reread: boolean; readonly lock: boolean }): Subject {
  const path = join(dir, jobFileName)
  const open = () =>
    new Low(new DurableJsonFile({ path, parse: parseJobFile, clock: systemClock, onWarning: refuse }), emptyJobDocument)
  const kernelLock = openLock({ path: join(dir, jobLockName), owner: thisProcess(), clock: systemClock })
  const kept = open()
  const subject = withLow(reread ? open : () => kept, lock ? { hold: (body) => kernelLock.hold(body) } : {}, reread)
  return { ...subject, heldMs: [], close: () => kernelLock.close() }
}

function withLow(
  open: () => Low<JobDocument>,
  { hold = (body) => body() }: { readonly hold?: (body: () => Promise<void>) => Promise<void> },
  reread = true,
): Omit<Subject, 'heldMs'> {
  return {
    update: (writer) =>
      hold(async () => {
        const document = open()
        if (reread || document.data.rev === 0) await document.read()
        const { jobs, rev, ...rest } = document.data
        const put = [countedUp(jobs[sharedId]), countedUp(jobs[sharedId + writer])]
        const changed = { ...jobs, ...Object.fromEntries(put.map((job) => [job.id, job])) }
        document.data = { ...rest, rev: rev + 1, jobs: changed }
        await document.write()
      }),
    read: async () => {
      const document = open()
      await document.read()
      return countedIn(new Map(Object.values(document.data.jobs).map((job) => [job.id, job])))
    },
    close: async () => {},
  }
}

function countedUp(job: Job | undefined): Job {
  if (job === undefined) throw new Error('the job to be counted up is gone')
  return { ...job, counts: { ...job.counts, processed: job.counts.processed + 1 } }
}

function countedIn(jobs: ReadonlyMap<number, Job>): Counted {
  const counts = [...jobs.values()].sort((a, b) => a.id - b.id).map((job) => job.counts.processed)
  const [all = 0, ...own] = counts
  return { jobs: jobs.size, all, own }
}

/** Restoring a backup would hide that the file was broken. */
function refuse(message: string): never {
  throw new Error(message)
}
