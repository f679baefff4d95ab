/** The five routes of the original, with its parameters, defaults and limits; documents as in its guide. */
import { startImport } from '../background-import.js'
import { type Fields, readFields } from '../fields.js'
import { readGiven } from '../given.js'
import { listFields, listJobs } from '../list-jobs.js'
import { imagesOfProduct } from '../product-images.js'
import { done, jobOf, json, jsonOf, type Route } from '../route.js'
import { statusText } from '../status-text.js'

const base = '/wp-json/wholesaler/v1'

const importFields = {
  total_batches: { kind: 'integer', min: 1, max: 50, default: 1 },
  products_per_batch: { kind: 'integer', min: 1, max: 100, default: 50 },
  process_images: { kind: 'boolean', default: true },
  update_existing: { kind: 'boolean', default: true },
} as const satisfies Fields

export const originalRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: `${base}/background-import`,
    summary: 'Import all configured wholesalers in the background; answers at once.',
    fields: importFields,
    answers: { schema: 'import' },
    async handle(context, ports) {
      const given = await readGiven(context, ports)
      const wish = readFields(importFields, given)
      const document = await startImport(
        {
          wholesalers: null,
          batches: wish.total_batches,
          perBatch: wish.products_per_batch,
          images: wish.process_images,
          updateExisting: wish.update_existing,
        },
        ports,
      )
      return json(document)
    },
  },
  {
    method: 'GET',
    path: `${base}/background-status/:id`,
    summary: 'One job, as far as it is now.',
    answers: { schema: 'status' },
    refusals: [404],
    async handle(context, ports) {
      const job = await jobOf(context, ports)
      return jsonOf(statusText(job, ports.clock.now()))
    },
  },
  {
    method: 'GET',
    path: `${base}/background-jobs`,
    summary: 'Jobs, newest first, with statistics of all there ever were.',
    fields: listFields,
    answers: { schema: 'jobs' },
    handle: (context, ports) => listJobs(context, ports),
  },
  {
    method: 'POST',
    path: `${base}/trigger-stuck-jobs`,
    summary: 'Look for stuck jobs and finish them, and start those that wait; answers at once.',
    fields: {},
    answers: { schema: 'serve-done' },
    async handle(context, ports) {
      await readGiven(context, ports)
      ports.processes.startRecovery(null)
      return done('Stuck jobs check triggered')
    },
  },
  {
    method: 'GET',
    path: `${base}/image-status/:id`,
    summary: 'The images of one product, by its id in the store, else by its SKU.',
    answers: { schema: 'images' },
    refusals: [404],
    handle: (context, ports) => imagesOfProduct(context, ports, context.req.param('id') ?? '', 'id'),
  },
]
