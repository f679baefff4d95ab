/** What the page reads of the server's answers: parts of the documents of `src/cli/documents`, which a test compares. */

export type JobStatus = 'scheduled' | 'running' | 'processing_stuck' | 'completed' | 'failed'

/** Times are Unix seconds, durations seconds. */
export interface JobFields {
  readonly id: number
  readonly kind: 'import' | 'images'
  readonly status: JobStatus
  readonly reason: string | null
  readonly progress: number
  readonly total_processed: number
  readonly total_created: number
  readonly total_updated: number
  readonly total_unchanged: number
  readonly total_skipped: number
  readonly total_errors: number
  readonly error_messages: readonly string[]
  readonly estimated_total: number | null
  readonly duration: number | null
  readonly batches: number
  readonly attempt: number
  readonly exit_code: number | null
  readonly wholesalers: readonly string[]
  readonly source: string | null
  readonly configuration: {
    readonly total_batches: number | null
    readonly products_per_batch: number
    readonly process_images: boolean
    readonly update_existing: boolean
  }
  readonly images: {
    readonly wanted: number
    readonly downloaded: number
    readonly attached: number
    readonly duplicates_skipped: number
    readonly failed: number
  }
  readonly cancel_requested: boolean
  readonly worker: { readonly host: string; readonly pid: number } | null
  readonly evidence: string | null
  readonly created_at: number
  readonly started_at: number | null
  readonly completed_at: number | null
}

export interface JobEvent {
  readonly at: number
  readonly message: string
}

/** `job` of a status document is null only where no job was named. */
export interface StatusDocument {
  readonly message: string
  readonly job: JobFields | null
  readonly events: readonly JobEvent[]
}

export interface StuckFields {
  readonly job_id: number
  readonly reason: string | null
  readonly evidence: string | null
}

/** What the stream of events says each time. */
export interface JobsNews {
  readonly jobs: readonly StatusDocument[]
  readonly stuck: readonly StuckFields[]
  /** Unix seconds of the server, which may be another machine than the reader's. */
  readonly now: number
}

export interface BatchFields {
  readonly batch: number
  readonly wholesaler: string
  readonly state: string
  readonly processed: number
  readonly created: number
  readonly updated: number
  readonly unchanged: number
  readonly skipped: number
  readonly errors: number
  readonly duration_ms: number | null
}

export interface JobDetails extends StatusDocument {
  readonly batches: readonly BatchFields[]
  /** Whether there is a file of rejects to download. */
  readonly has_rejects: boolean
  /** Only jobs in the background have one. */
  readonly has_log: boolean
}

export interface ProductImages {
  readonly sku: string | null
  readonly name: string
  readonly wholesaler: string | null
  readonly gallery_images: number
  readonly variant_images: number
  readonly total_images: number
  readonly images: readonly {
    readonly id: number | string
    readonly role: 'featured' | 'gallery' | 'variant'
    readonly variant: string | null
    /** Where it is now. */
    readonly url: string
    readonly original_url: string | null
  }[]
}

export interface AuditedImage {
  readonly id: number | string
  readonly url: string
  readonly width: number | null
  readonly height: number | null
  readonly bytes: number | null
  readonly uses: readonly { readonly sku: string | null; readonly name: string }[]
}

export interface DuplicateGroup {
  readonly distance: number
  readonly images: readonly AuditedImage[]
}

export interface DuplicatesDocument {
  readonly images: number
  readonly products: number
  readonly exact: readonly DuplicateGroup[]
  readonly near: readonly DuplicateGroup[]
}

export interface BatchPoint {
  readonly job_id: number
  /** Unix seconds. */
  readonly ended_at: number
  readonly products: number
  readonly duration_ms: number
}

export interface SeriesDocument {
  readonly series: readonly BatchPoint[]
}

export interface JobsDocument {
  readonly jobs: readonly JobFields[]
}

export interface WholesalersDocument {
  readonly wholesalers: readonly { readonly name: string; readonly source: string }[]
}
