/** A job that somebody made earlier, worked off here by what is kept with it. */
import type { Config } from './config/config.js'
import type { Surroundings } from './config/resolve-wholesalers.js'
import { resolveStored } from './config/stored-wholesalers.js'
import { type EndedImport, type ImportJobPorts, type ImportJobRun, runImportJob, type Worksite } from './run-import.js'

export interface StoredJobRun extends Omit<ImportJobRun, 'job' | 'open'> {
  /** Builds what a config asks for: its store, the ledger of that store. */
  readonly openShop: (config: Config) => Promise<Omit<Worksite, 'wholesalers'>>
  readonly around: Surroundings
}

/**
 * Claims the scheduled job and works it off with its own options, by its own config file as it is now. A
 * config, wholesaler or feed that is gone ends the job as failed. Throws `busy` and `usage` when it is not to
 * be had, `lease_lost` when it was taken over, and what the disk refuses.
 */
export async function runStoredJob(id: number, run: StoredJobRun, ports: ImportJobPorts): Promise<EndedImport> {
  const { openShop, around } = run
  const open: ImportJobRun['open'] = async (options) => {
    const { config, wholesalers } = await resolveStored(options, around)
    return { ...(await openShop(config)), wholesalers }
  }
  return await runImportJob({ ...run, job: id, open }, ports)
}
