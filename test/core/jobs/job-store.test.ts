import { openJobStore } from '../../../src/core/jobs/lowdb-job-store.js'
import { openMemoryJobStore } from '../../../src/core/jobs/memory-job-store.js'
import { jobStoreContract } from '../../contract/job-store-contract.js'
import { inTempDir } from '../../support/temp-dir.js'

jobStoreContract('memory-job-store', async (clock, body) => {
  await body(openMemoryJobStore({ clock }))
})

jobStoreContract('lowdb-job-store', (clock, body) =>
  inTempDir(async (dir) => {
    const onWarning = (message: string) => {
      throw new Error(`unexpected warning: ${message}`)
    }
    const store = openJobStore({ dir: `${dir}/state`, clock, onWarning })
    try {
      await body(store)
    } finally {
      await store.close()
    }
  }),
)
