/** The job store in memory: the twin of the one on disk, for programs that use the library and for tests. */
import type { Clock } from '../clock.js'
import type { JobChange, JobStore, JobTable } from './job-store.js'
import { changedTable, isChange } from './job-table.js'

/** Opens an empty job store that lives as long as the program holds it. */
export function openMemoryJobStore({ clock }: { readonly clock: Clock }): JobStore {
  let jobs: JobTable = new Map()
  return {
    read: async () => structuredClone(jobs),
    // Nothing waits in here, so calls follow each other whole: JavaScript itself is the lock.
    transaction: async <T>(change: (jobs: JobTable) => JobChange<T>) => {
      const changed = change(structuredClone(jobs))
      if (isChange(changed)) jobs = changedTable(jobs, changed, clock.now())
      return changed.result
    },
    close: async () => {},
  }
}
