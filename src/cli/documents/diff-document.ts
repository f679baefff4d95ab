/** What `feed diff` found. */
import type { FeedDiff, ProductDiff } from '../../core/diff-feeds.js'
import { type DocumentHead, documentHead } from './document.js'
import type { FeedFields } from './import-document.js'
import { snakeCase, snakeCased } from './snake-case.js'

export interface DiffDocument extends DocumentHead {
  /** The old one, then the new one. */
  readonly feeds: readonly FeedFields[]
  readonly added: number
  readonly removed: number
  readonly changed: number
  readonly unchanged: number
  /** In how many products each field differs: `price`, `variants.price`. */
  readonly changed_fields: Readonly<Record<string, number>>
  /** The first ones; `--limit` says how many. */
  readonly products: readonly ProductDiff[]
}

export function diffDocument(diff: FeedDiff): DiffDocument {
  const { added, removed, changed, unchanged, products } = diff
  return {
    ...documentHead(true),
    feeds: [diff.old, diff.new],
    added,
    removed,
    changed,
    unchanged,
    changed_fields: Object.fromEntries([...diff.changedFields].map(([field, count]) => [snakeCase(field), count])),
    products: products.map(({ fields, ...product }) => ({
      ...product,
      fields: fields.map((one) => ({
        field: snakeCase(one.field),
        old: snakeCased(one.old),
        new: snakeCased(one.new),
      })),
    })),
  }
}
