/** What `feed inspect` found out about a feed: its shape, its first products, and what is wrong with it. */
import type { CsvDialect, Reject } from '../../core/feed/feed.js'
import type { ColumnKind } from '../../core/feed/profile.js'
import type { Inspection } from '../../core/inspect-feed.js'
import { type DocumentHead, documentHead } from './document.js'
import type { FeedFields } from './import-document.js'
import { snakeCased } from './snake-case.js'

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
  readonly encoding: { readonly declared: string | null; readonly real: string | null }
  /** CSV only; null for other formats. */
  readonly dialect: CsvDialect | null
  /** XML and JSON only: the path of a record; '' is the list that the document is. */
  readonly record_path: string | null
  readonly preset: { readonly name: string; readonly reason: string; readonly others: readonly string[] }
  /** Columns, elements or keys, as the whole feed fills them. */
  readonly columns: readonly ColumnFields[]
  /** There are more of them. */
  readonly columns_cut: boolean
  /** A `wholesaler.config.js` that imports this feed. */
  readonly config: string
  /** The first mapped products. */
  readonly sample: readonly ProductFields[]
  /** How many there are of each kind. */
  readonly reject_codes: Readonly<Record<string, number>>
  readonly repair_codes: Readonly<Record<string, number>>
  /** The first ones; `feed.rejects` counts all. */
  readonly rejects: readonly RejectFields[]
  /** The first ones; `feed.repairs` counts all. */
  readonly repairs: readonly RepairFields[]
}

export interface ColumnFields {
  readonly path: string
  /** Records that have a value there, and their share of all (0-1). */
  readonly filled: number
  readonly share: number
  readonly kind: ColumnKind
  readonly examples: readonly string[]
  /** Product fields that are read from it. */
  readonly read_as: readonly string[]
}

export function inspectDocument(report: Inspection): InspectDocument {
  const { feed, shape, sample, rejects, repairs } = report
  return {
    ...documentHead(feed.error === null),
    feed,
    feeds: [feed],
    encoding: { declared: shape.declaredEncoding ?? null, real: shape.encoding },
    dialect: shape.dialect ?? null,
    record_path: shape.recordPath ?? null,
    preset: report.preset,
    columns: report.columns.map(({ path, filled, share, kind, examples, readAs }) => ({
      path,
      filled,
      share: Math.round(share * 1000) / 1000,
      kind,
      examples,
      read_as: readAs,
    })),
    columns_cut: report.columnsCut,
    config: report.config,
    reject_codes: Object.fromEntries(report.rejectCodes),
    repair_codes: Object.fromEntries(report.repairCodes),
    sample: sample.map((product) => snakeCased(product) as ProductFields),
    rejects: rejects.map(rejectFields),
    repairs: repairs.map(({ position: { line, record }, code, detail }) => ({ line, record, code, detail })),
  }
}

function rejectFields({ position: { line, record }, code, reason, field, key, sku }: Reject): RejectFields {
  return { line, record, code, reason, field: field ?? null, key: key ?? null, sku: sku ?? null }
}
