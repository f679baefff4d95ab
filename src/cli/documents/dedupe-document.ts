/** What merging and reprocessing of images did, or would do. */
import type { Merge } from '../../core/images/merge-images.js'
import type { ReprocessReport } from '../../core/images/reprocess-images.js'
import { type DocumentHead, documentHead } from './document.js'
import { type IdField, idField } from './id-field.js'

export interface MergeFields {
  readonly kind: 'exact' | 'near'
  /** The image that is shown instead of the spare ones. */
  readonly keep: IdField
  readonly spare: readonly IdField[]
}

export interface ImageDedupeDocument extends DocumentHead {
  readonly dry_run: boolean
  readonly job_id: number | null
  readonly message: string
  readonly merges: readonly MergeFields[]
  /** Products that show other images than before. */
  readonly products: number
  /** With `--undo`: products that were changed since, and were left alone. */
  readonly skipped: number
  /** Images that were deleted, or with `--undo` brought back. */
  readonly removed: number
  readonly restored: number
  /** To be given to `--undo`; null when nothing was changed. */
  readonly undo_file: string | null
}

export interface DedupeOutcome {
  readonly dryRun: boolean
  readonly jobId: number | null
  readonly message: string
  readonly merges: readonly Merge[]
  readonly products: number
  readonly skipped?: number
  readonly removed?: number
  readonly restored?: number
  readonly undoFile: string | null
}

export function imageDedupeDocument(outcome: DedupeOutcome): ImageDedupeDocument {
  const { dryRun, jobId, message, merges, products, skipped = 0, removed = 0, restored = 0, undoFile } = outcome
  return {
    ...documentHead(true),
    dry_run: dryRun,
    job_id: jobId,
    message,
    merges: merges.map(({ kind, keep, spare }) => ({
      kind,
      keep: idField(keep.id),
      spare: spare.map(({ id }) => idField(id)),
    })),
    products,
    skipped,
    removed,
    restored,
    undo_file: undoFile,
  }
}

export interface ImageReprocessDocument extends DocumentHead {
  readonly dry_run: boolean
  readonly job_id: number | null
  /** Images that were chosen. */
  readonly chosen: number
  readonly replaced: number
  /** Images whose address has other bytes by now; they stay as they are. */
  readonly changed: number
  readonly failed: readonly { readonly image_id: IdField; readonly url: string | null; readonly reason: string }[]
}

export function imageReprocessDocument(
  { chosen, replaced, changed, failed }: ReprocessReport,
  { dryRun, jobId }: { readonly dryRun: boolean; readonly jobId: number | null },
): ImageReprocessDocument {
  return {
    ...documentHead(true),
    dry_run: dryRun,
    job_id: jobId,
    chosen,
    replaced,
    changed,
    failed: failed.map(({ imageId, url, reason }) => ({ image_id: idField(imageId), url, reason })),
  }
}
