/** What `feed inspect` found out about a feed: its shape, its first products, and what is wrong with it. */
import type { Reject, Repair } from '../../core/feed/feed.js'
import type { FeedSummary } from '../../core/ledger/ledger.js'
import type { Product } from '../../core/product/product.js'
import { type DocumentHead, documentHead } from './document.js'
import type { FeedFields } from './import-document.js'

export interface RejectFields {
  readonly line: number
  readonly record: number
  readonly code: string
  readonly reason: string
  readonly field: string | null
  readonly key: string | null
  readonly sku: string | null
}

export interface RepairFields {
  readonly line: number
  readonly record: number
  readonly code: string
  readonly detail: string
}

/** A product of the neutral model with snake_case names; what the feed does not say is absent. */
export type ProductFields = Readonly<Record<string, unknown>>

export interface InspectDocument extends DocumentHead {
  readonly feed: FeedFields
  readonly feeds: readonly FeedFields[]
  /** Header cells of a CSV feed; empty for other formats. */
  readonly columns: readonly string[]
  /** The first mapped products. */
  readonly sample: readonly ProductFields[]
  /** The first ones; `feed.rejects` counts all. */
  readonly rejects: readonly RejectFields[]
  /** The first ones; `feed.repairs` counts all. */
  readonly repairs: readonly RepairFields[]
}

export interface InspectReport {
  readonly feed: FeedSummary
  readonly columns: readonly string[]
  readonly sample: readonly Product[]
  readonly rejects: readonly Reject[]
  readonly repairs: readonly Repair[]
}

export function inspectDocument({ feed, columns, sample, rejects, repairs }: InspectReport): InspectDocument {
  return {
    ...documentHead(feed.error === null),
    feed,
    feeds: [feed],
    columns,
    sample: sample.map((product) => snakeCased(product) as ProductFields),
    rejects: rejects.map(rejectFields),
    repairs: repairs.map(({ position: { line, record }, code, detail }) => ({ line, record, code, detail })),
  }
}

function rejectFields({ position: { line, record }, code, reason, field, key, sku }: Reject): RejectFields {
  return { line, record, code, reason, field: field ?? null, key: key ?? null, sku: sku ?? null }
}

/** Safe for products: their property names are all ours, what the feed names is in values. */
function snakeCased(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeCased)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      snakeCased(inner),
    ]),
  )
}
