/** The job store on disk: `jobs.json`, a lowdb document that a person can read. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Adapter, Low } from 'lowdb'
import type { Clock } from '../clock.js'
import { failpoint } from '../failpoint.js'
import { DurableJsonFile, JsonMemory, readJsonFile } from './durable-json-file.js'
import { type FinishedJob, isFinished, type Job, type Owner } from './job.js'
import { historyWith, type JobHistory } from './job-history.js'
import type { JobChange, JobStore, JobTable } from './job-store.js'
import { changedTable, isChange } from './job-table.js'
import { type Lock, openLock } from './lock.js'
import { lostJobFile } from './lost-job-file.js'
import { thisProcess } from './owner.js'
import { emptyJobDocument, type JobDocument, jobSchemaVersion, parseJobFile } from './parse-job.js'

export interface LowdbJobStoreOptions {
  /** The state folder; created (mode 0700) when something is first written. */
  readonly dir: string
  readonly clock: Clock
  /** Told when the file was damaged and its backup was taken. */
  readonly onWarning: (message: string) => void
  /** Whom others are told when they wait for the lock. Default: this process. */
  readonly owner?: Owner
  /** See `LockOptions.waitMs`. */
  readonly lockWaitMs?: number
}

export const jobFileName = 'jobs.json'
export const jobLockName = 'jobs.lock.db'

/** Opens the job store of a state folder. Nothing is touched before it is used; reading creates nothing. */
export function openJobStore(options: LowdbJobStoreOptions): JobStore {
  return new LowdbJobStore(options)
}

class LowdbJobStore implements JobStore {
  readonly #options: LowdbJobStoreOptions
  readonly #path: string
  readonly #lock: Lock
  readonly #file: Adapter<JobDocument>
  readonly #memory = new JsonMemory<JobDocument>()
  #toldLoss = false

  constructor(options: LowdbJobStoreOptions) {
    const { dir, clock, onWarning, owner = thisProcess(), lockWaitMs } = options
    const waiting = lockWaitMs === undefined ? {} : { waitMs: lockWaitMs }
    this.#options = options
    this.#path = join(dir, jobFileName)
    this.#lock = openLock({ path: join(dir, jobLockName), owner, clock, ...waiting })
    this.#file = new DurableJsonFile({
      path: this.#path,
      parse: (value) => parseJobFile(value),
      clock,
      onWarning,
      memory: this.#memory,
    })
  }

  async read(): Promise<JobTable> {
    const { value, problem } = await readJsonFile(this.#path, (stored) => parseJobFile(stored), this.#memory)
    if (problem !== null) this.#options.onWarning(`${jobFileName} ${problem}; its backup was read instead`)
    if (value === null) this.#tellLoss()
    return tableOf(value ?? emptyJobDocument)
  }

  async transaction<T>(change: (jobs: JobTable) => JobChange<T>): Promise<T> {
    await mkdir(this.#options.dir, { recursive: true, mode: 0o700 })
    return await this.#lock.hold(async () => {
      failpoint('job-lock-held')
      // A new document each time: what another process has written since is never overwritten.
      const document = new Low(this.#file, emptyJobDocument)
      await document.read()
      if (document.data.rev === 0) this.#tellLoss()
      const jobs = tableOf(document.data)
      const changed = change(jobs)
      if (isChange(changed)) {
        const table = changedTable(jobs, changed, this.#options.clock.now())
        const { rev, history } = document.data
        document.data = documentOf(table, rev + 1, historyWith(history, forgotten(jobs, table)))
        await document.write()
      }
      return changed.result
    })
  }

  close(): Promise<void> {
    return this.#lock.close()
  }

  #tellLoss(): void {
    const loss = this.#toldLoss ? null : lostJobFile(this.#options.dir)
    if (loss === null) return
    this.#toldLoss = true
    this.#options.onWarning(loss)
  }
}

function tableOf({ jobs }: JobDocument): JobTable {
  return new Map(Object.values(jobs).map((job) => [job.id, job]))
}

function forgotten(before: JobTable, after: JobTable): readonly FinishedJob[] {
  return [...before.values()].filter(isFinished).filter(({ id }) => !after.has(id))
}

function documentOf(jobs: JobTable, rev: number, history: JobHistory): JobDocument {
  const byId: Record<string, Job> = {}
  for (const [id, job] of jobs) byId[id] = job
  return { schema_version: jobSchemaVersion, rev, jobs: byId, history }
}
