/**
 * The documents for machines: zod descriptions of what `documents.ts` builds, made into JSON Schemas at
 * build time and checked against real output in the tests. Never loaded by a command.
 */
import { z } from 'zod'
import { findingStatuses } from '../core/doctor/check.js'
import { feedFormats } from '../core/feed/feed.js'
import { columnKinds } from '../core/feed/profile.js'
import { failReasons, jobKinds, jobStatuses, stuckReasons } from '../core/jobs/job.js'
import { fallbackNames } from '../core/jobs/schedule-import.js'
import { missingPolicies } from '../core/missing-policy.js'
import { steps } from '../core/progress.js'
import { type HttpErrorDocument, httpErrorCodes } from '../serve/http-error.js'
import type { JobDetailsDocument, SeriesDocument } from '../serve/job-details.js'
import type { NewsDocument } from '../serve/job-news.js'
import type { DoneDocument } from '../serve/route.js'
import type { WholesalersDocument } from '../serve/routes/images.js'
import type { LoginDocument } from '../serve/routes/page.js'
import type { ServeDocument } from '../serve/serve.js'
import type * as documents from './documents.js'
import { schemaVersion } from './documents.js'
import { errorKinds } from './exit-code.js'

const number = z.number().int().min(0)
const seconds = z.number().min(0)
const unixTime = z.number().int()
const isoTime = z.iso.datetime({ precision: 3 })
const id = z.union([number, z.string()])
const head = { success: z.boolean(), schema_version: z.literal(schemaVersion) }

const error = z.strictObject({
  code: z.enum([...errorKinds, ...failReasons]),
  message: z.string(),
  hint: z.string().nullable(),
})

const errorDocument = z.strictObject({ ...head, success: z.literal(false), error })

const imageCounts = {
  wanted: number,
  downloaded: number,
  attached: number,
  duplicates_skipped: number,
  failed: number,
}

const job = z.strictObject({
  id: number,
  kind: z.enum(jobKinds),
  status: z.enum(jobStatuses),
  reason: z.string().nullable(),
  progress: z.number().int().min(0).max(100),
  total_processed: number,
  total_created: number,
  total_updated: number,
  total_unchanged: number,
  total_skipped: number,
  total_errors: number,
  total_retired: number,
  error_messages: z.array(z.string()),
  estimated_total: number.nullable(),
  pace: z.strictObject({ request_size: number, requests_at_once: number, latency_ms: number.nullable() }).nullable(),
  duration: seconds.nullable(),
  batches: number,
  attempt: number,
  exit_code: number.nullable(),
  wholesalers: z.array(z.string()),
  source: z.string().nullable(),
  configuration: z.strictObject({
    total_batches: number.nullable(),
    products_per_batch: z.number().int().min(1).max(100),
    process_images: z.boolean(),
    update_existing: z.boolean(),
  }),
  images: z.strictObject(imageCounts),
  priority: z.number().int().min(1).max(10),
  cancel_requested: z.boolean(),
  worker: z.strictObject({ host: z.string(), pid: number }).nullable(),
  evidence: z.string().nullable(),
  created_at: unixTime,
  started_at: unixTime.nullable(),
  completed_at: unixTime.nullable(),
  created_at_iso: isoTime,
  started_at_iso: isoTime.nullable(),
  completed_at_iso: isoTime.nullable(),
})

const statusDocument = z.strictObject({
  ...head,
  message: z.string(),
  job: job.nullable(),
  events: z.array(z.strictObject({ at: unixTime, at_iso: isoTime, message: z.string() })),
  stuck_jobs: z.array(number).exactOptional(),
  error: error.exactOptional(),
})

const jobsDocument = z.strictObject({
  ...head,
  jobs: z.array(job),
  total: number,
  stats: z.strictObject({
    total_jobs: number,
    scheduled: number,
    running: number,
    processing_stuck: number,
    completed: number,
    failed: number,
    total_processed: number,
    total_created: number,
    total_updated: number,
    total_unchanged: number,
    total_skipped: number,
    total_errors: number,
    success_rate: z.number().min(0).max(100).nullable(),
    average_duration: seconds.nullable(),
    products_per_second: z.number().min(0).nullable(),
  }),
})

const jobCommandDocument = z.strictObject({ ...head, message: z.string(), job })
const retryDocument = z.strictObject({
  ...head,
  message: z.string(),
  job,
  retried_job: number,
  quarantine_lifted: number,
})
const pruneDocument = z.strictObject({
  ...head,
  message: z.string(),
  dry_run: z.boolean(),
  removed_jobs: z.array(number),
  removed_files: number.nullable(),
  kept: number,
})

const doctorFields = {
  ...head,
  message: z.string(),
  checks: z.array(
    z.strictObject({
      id: z.string(),
      status: z.enum(findingStatuses),
      message: z.string(),
      hint: z.string().nullable(),
    }),
  ),
}

const doctorDocument = z.strictObject(doctorFields)
const initDocument = z.strictObject({ ...doctorFields, config: z.string(), environment: z.string().nullable() })

const feed = {
  wholesaler: z.string(),
  source: z.string(),
  format: z.enum(feedFormats).nullable(),
  preset: z.string().nullable(),
  encoding: z.string().nullable(),
  compression: z.enum(['none', 'gzip', 'zip']).nullable(),
  bytes: number,
  sha256: z.string().nullable(),
  complete: z.boolean(),
  records: number,
  products: number,
  variants: number,
  images: number,
  rejects: number,
  repairs: number,
  skipped: number,
  error: z.strictObject({ code: z.string(), message: z.string(), hint: z.string().nullable() }).nullable(),
}

const staged = z.strictObject({ new: number, changed: number, unchanged: number, missing: number })
const retired = z.strictObject({ policy: z.enum(missingPolicies).exclude(['keep']), due: number, done: number })
const importFeed = z.strictObject({
  ...feed,
  staged: staged.nullable(),
  retired: retired.nullable(),
  rejects_file: z.string().nullable(),
})

const imagePlan = z.strictObject({
  products: number,
  keep: number,
  attach: number,
  download: number,
  skip: number,
  requests: number,
  reasons: z.record(z.string(), number),
})

const imageDecision = z.strictObject({
  url: z.string(),
  action: z.enum(['keep', 'attach', 'download', 'skip']),
  reason: z.string(),
  detail: z.string().nullable(),
  image_id: id.nullable(),
  retry_at: unixTime.nullable(),
  retry_at_iso: isoTime.nullable(),
  in_gallery: z.boolean(),
  variants: z.array(z.string()),
})

const importPlan = z.strictObject({
  options: z.string(),
  ledger: z.string().nullable(),
  feeds: z.array(
    z.strictObject({
      wholesaler: z.string(),
      feed: z.string(),
      mapping: z.string(),
      products: z.string(),
      store: z.string(),
      creates: number,
      updates: number,
      retires: number,
    }),
  ),
  changes: z.array(
    z.strictObject({
      wholesaler: z.string(),
      key: z.string(),
      sku: z.string().nullable(),
      name: z.string(),
      act: z.enum(['create', 'update']),
      fields: z.array(
        z.strictObject({
          field: z.string(),
          variant: z.string().exactOptional(),
          from: z.string().nullable(),
          to: z.string().nullable(),
        }),
      ),
    }),
  ),
})

const importDocument = z.strictObject({
  ...head,
  job_id: number.nullable(),
  scheduled: z.boolean(),
  fallbacks_enabled: z.boolean(),
  fallbacks: z.array(
    z.strictObject({
      name: z.enum(fallbackNames),
      state: z.enum(['used', 'ready', 'failed']),
      note: z.string().nullable(),
    }),
  ),
  message: z.string(),
  dry_run: z.boolean(),
  job: job.nullable(),
  feeds: z.array(importFeed),
  feed: importFeed.exactOptional(),
  pending: number.nullable(),
  images: z.strictObject({ ...imageCounts, pending: number.nullable(), plan: imagePlan.nullable() }),
  plan: importPlan.nullable(),
  error: error.exactOptional(),
})

const inspectDocument = z.strictObject({
  ...head,
  feed: z.strictObject(feed),
  feeds: z.array(z.strictObject(feed)),
  encoding: z.strictObject({ declared: z.string().nullable(), real: z.string().nullable() }),
  dialect: z
    .strictObject({
      delimiter: z.string(),
      quote: z.string(),
      bom: z.boolean(),
      newline: z.enum(['\n', '\r\n', '\r']),
    })
    .nullable(),
  record_path: z.string().nullable(),
  preset: z.strictObject({ name: z.string(), reason: z.string(), others: z.array(z.string()) }),
  columns: z.array(
    z.strictObject({
      path: z.string(),
      filled: number,
      share: z.number().min(0).max(1),
      kind: z.enum(columnKinds),
      examples: z.array(z.string()),
      read_as: z.array(z.string()),
    }),
  ),
  columns_cut: z.boolean(),
  config: z.string(),
  reject_codes: z.record(z.string(), number),
  repair_codes: z.record(z.string(), number),
  sample: z.array(z.looseObject({ key: z.string(), name: z.string() })),
  rejects: z.array(
    z.strictObject({
      line: number,
      record: number,
      code: z.string(),
      reason: z.string(),
      field: z.string().nullable(),
      key: z.string().nullable(),
      sku: z.string().nullable(),
    }),
  ),
  repairs: z.array(z.strictObject({ line: number, record: number, code: z.string(), detail: z.string() })),
})

const diffDocument = z.strictObject({
  ...head,
  feeds: z.array(z.strictObject(feed)),
  added: number,
  removed: number,
  changed: number,
  unchanged: number,
  changed_fields: z.record(z.string(), number),
  products: z.array(
    z.strictObject({
      change: z.enum(['added', 'removed', 'changed']),
      key: z.string(),
      sku: z.string().nullable(),
      name: z.string(),
      fields: z.array(z.strictObject({ field: z.string(), old: z.unknown(), new: z.unknown() })),
    }),
  ),
})

const imageStatusDocument = z.strictObject({
  ...head,
  product_id: id,
  sku: z.string().nullable(),
  name: z.string(),
  wholesaler: z.string().nullable(),
  featured_image: id,
  gallery_images: number,
  variant_images: number,
  total_images: number,
  featured_image_url: z.string().nullable(),
  images: z.array(
    z.strictObject({
      id,
      role: z.enum(['featured', 'gallery', 'variant']),
      variant: z.string().nullable(),
      url: z.string(),
      original_url: z.string().nullable(),
      sha256: z.string().nullable(),
    }),
  ),
  plan: z.array(imageDecision).nullable().exactOptional(),
})

const recoverDocument = z.strictObject({
  ...head,
  message: z.string(),
  dry_run: z.boolean(),
  stuck: number,
  jobs: z.array(
    z.strictObject({
      job_id: number,
      verdict: z.enum(['stuck', 'suspect', 'waiting', 'healthy']),
      reason: z.enum(stuckReasons).nullable(),
      evidence: z.string().nullable(),
      fallback: z.enum(fallbackNames).nullable(),
      action: z.enum(['none', 'finished_here', 'worker_started', 'gave_up', 'taken_by_other']),
      error: error.nullable(),
      job,
    }),
  ),
  error: error.exactOptional(),
})

const workerDocument = z.strictObject({
  ...head,
  message: z.string(),
  jobs: z.array(job),
  error: error.exactOptional(),
})

const auditedImage = z.strictObject({
  id,
  url: z.string(),
  original_url: z.string().nullable(),
  sha256: z.string().nullable(),
  perceptual_hash: z.string().nullable(),
  width: number.nullable(),
  height: number.nullable(),
  bytes: number.nullable(),
  uses: z.array(
    z.strictObject({
      product_id: id,
      sku: z.string().nullable(),
      name: z.string(),
      wholesaler: z.string().nullable(),
      variant: z.string().nullable(),
      position: number,
    }),
  ),
})
const duplicateGroup = z.strictObject({ distance: number, images: z.array(auditedImage) })

const imageAuditDocument = z.strictObject({
  ...head,
  product_id: id.nullable(),
  images: number,
  bytes: number,
  products: number,
  exact: z.array(duplicateGroup),
  near: z.array(duplicateGroup),
  missing: z.array(auditedImage),
  damaged: z.array(auditedImage),
  oversized: z.array(auditedImage),
  orphans: z.array(auditedImage),
  stray_files: z.array(z.strictObject({ url: z.string(), bytes: number })),
  unknown: number,
  pending: z.record(z.string(), number),
  rebuilt: z.strictObject({ images: number, urls: number, skipped: number }).nullable(),
  html: z.string().nullable(),
})

const imageDedupeDocument = z.strictObject({
  ...head,
  dry_run: z.boolean(),
  job_id: number.nullable(),
  message: z.string(),
  merges: z.array(z.strictObject({ kind: z.enum(['exact', 'near']), keep: id, spare: z.array(id) })),
  products: number,
  skipped: number,
  removed: number,
  restored: number,
  undo_file: z.string().nullable(),
})

const imageReprocessDocument = z.strictObject({
  ...head,
  dry_run: z.boolean(),
  job_id: number.nullable(),
  chosen: number,
  replaced: number,
  changed: number,
  failed: z.array(z.strictObject({ image_id: id, url: z.string().nullable(), reason: z.string() })),
})

const serveDocument = z.strictObject({ ...head, message: z.string(), url: z.url(), login_url: z.url() })
/** What was asked for is done, and there is nothing more to tell. */
const serveDoneDocument = z.strictObject({ ...head, message: z.string() })
const serveErrorDocument = z.strictObject({
  ...head,
  success: z.literal(false),
  error: z.strictObject({
    code: z.enum([...httpErrorCodes, ...errorKinds]),
    message: z.string(),
    hint: z.string().nullable(),
  }),
})

const serveLoginDocument = z.strictObject({ ...head, message: z.string(), login_url: z.url() })
const serveWholesalersDocument = z.strictObject({
  ...head,
  wholesalers: z.array(z.strictObject({ name: z.string(), source: z.string() })),
})
const stuckJob = z.strictObject({ job_id: number, reason: z.enum(stuckReasons), evidence: z.string() })
const serveJobDocument = z.strictObject({
  ...statusDocument.shape,
  stuck: stuckJob.nullable(),
  batches: z.array(
    z.strictObject({
      batch: number,
      wholesaler: z.string(),
      state: z.enum(['running', 'finished', 'released']),
      processed: number,
      created: number,
      updated: number,
      unchanged: number,
      skipped: number,
      errors: number,
      started_at: unixTime.nullable(),
      ended_at: unixTime.nullable(),
      duration_ms: number.nullable(),
    }),
  ),
  has_rejects: z.boolean(),
  has_log: z.boolean(),
})
const serveSeriesDocument = z.strictObject({
  ...head,
  series: z.array(z.strictObject({ job_id: number, ended_at: seconds, products: number, duration_ms: number })),
})
/** `data` of the events of the stream. */
const serveNews = z.strictObject({ jobs: z.array(statusDocument), stuck: z.array(stuckJob), now: unixTime })

const exportDocument = z.strictObject({ ...head, file: z.string(), bytes: number })

const eventHead = { at: unixTime, at_iso: isoTime, job_id: number.nullable() }
const text = z.string()
const eventDocument = z.union([
  z.strictObject({ type: z.literal('job'), ...eventHead, job }),
  z.strictObject({
    type: z.literal('step'),
    ...eventHead,
    wholesaler: text,
    step: z.enum(steps),
    state: z.enum(['started', 'progress', 'done', 'skipped', 'failed']),
    done: number,
    total: number.nullable(),
    note: text.nullable(),
  }),
  z.strictObject({ type: z.literal('feed'), ...eventHead, feed: z.strictObject(feed), staged: staged.nullable() }),
  z.strictObject({
    type: z.literal('batch'),
    ...eventHead,
    wholesaler: text,
    batch: text,
    number,
    created: number,
    updated: number,
    unchanged: number,
    skipped: number,
    errors: number,
    duration: seconds,
  }),
  z.strictObject({
    type: z.literal('product'),
    ...eventHead,
    wholesaler: text,
    key: text,
    outcome: text,
    store_id: text.nullable(),
    reason: text.nullable(),
  }),
  z.strictObject({
    type: z.literal('image'),
    ...eventHead,
    wholesaler: text,
    key: text,
    url: text,
    outcome: z.enum(['kept', 'attached', 'downloaded', 'duplicate', 'failed']),
    reason: text.nullable(),
  }),
  z.strictObject({
    type: z.literal('reject'),
    ...eventHead,
    wholesaler: text,
    line: number,
    record: number,
    code: text,
    reason: text,
    key: text.nullable(),
    sku: text.nullable(),
  }),
  z.strictObject({ type: z.literal('warning'), ...eventHead, message: text, hint: text.nullable() }),
  z.looseObject({ type: z.literal('summary'), ...eventHead, ...head }),
])

/** By the name of the schema's file. */
export const documentSchemas = {
  error: errorDocument satisfies z.ZodType<documents.ErrorDocument>,
  status: statusDocument satisfies z.ZodType<documents.StatusDocument>,
  jobs: jobsDocument satisfies z.ZodType<documents.JobsDocument>,
  'jobs-cancel': jobCommandDocument satisfies z.ZodType<documents.JobCommandDocument>,
  'jobs-retry': retryDocument satisfies z.ZodType<documents.RetryDocument>,
  'jobs-prune': pruneDocument satisfies z.ZodType<documents.PruneDocument>,
  import: importDocument satisfies z.ZodType<documents.ImportDocument>,
  'feed-inspect': inspectDocument satisfies z.ZodType<documents.InspectDocument>,
  'feed-diff': diffDocument satisfies z.ZodType<documents.DiffDocument>,
  images: imageStatusDocument satisfies z.ZodType<documents.ImageStatusDocument>,
  'images-audit': imageAuditDocument satisfies z.ZodType<documents.ImageAuditDocument>,
  'images-dedupe': imageDedupeDocument satisfies z.ZodType<documents.ImageDedupeDocument>,
  'images-reprocess': imageReprocessDocument satisfies z.ZodType<documents.ImageReprocessDocument>,
  export: exportDocument satisfies z.ZodType<documents.ExportDocument>,
  recover: recoverDocument satisfies z.ZodType<documents.RecoverDocument>,
  worker: workerDocument satisfies z.ZodType<documents.WorkerDocument>,
  doctor: doctorDocument satisfies z.ZodType<documents.DoctorDocument>,
  init: initDocument satisfies z.ZodType<documents.InitDocument>,
  serve: serveDocument satisfies z.ZodType<ServeDocument>,
  'serve-done': serveDoneDocument satisfies z.ZodType<DoneDocument>,
  'serve-job': serveJobDocument satisfies z.ZodType<JobDetailsDocument>,
  'serve-login': serveLoginDocument satisfies z.ZodType<LoginDocument>,
  'serve-news': serveNews satisfies z.ZodType<NewsDocument>,
  'serve-recover': jobCommandDocument satisfies z.ZodType<documents.JobCommandDocument>,
  'serve-series': serveSeriesDocument satisfies z.ZodType<SeriesDocument>,
  'serve-wholesalers': serveWholesalersDocument satisfies z.ZodType<WholesalersDocument>,
  'serve-error': serveErrorDocument satisfies z.ZodType<HttpErrorDocument>,
  event: eventDocument satisfies z.ZodType<documents.EventDocument>,
} as const

export type SchemaName = keyof typeof documentSchemas

/** JSON Schema (draft 2020-12) of one document. */
export function jsonSchemaOf(name: SchemaName): object {
  return { $id: `urn:wholesaler:document:${name}:${schemaVersion}`, ...z.toJSONSchema(documentSchemas[name]) }
}
