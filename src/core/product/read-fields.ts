/** What a mapping reads of a feed, and how the feed's first records fill it: the contract that a later feed is held to. */
import { parseMoney } from './decimal.js'
import { pathsOf } from './field.js'
import { type Scope, valuesOf } from './picked.js'
import type { FeedLook } from './presets/preset.js'
import type { ProductMap } from './product-map.js'
import { fieldsOf } from './resolve-map.js'
import { selectorsFor } from './selector.js'

/** One path that one field of the products is read from. Shares are of 1. */
export interface ReadField {
  /** `price`, `variants.stock`. */
  readonly field: string
  /** As in the mapping: a column, or a path in a record or in one of its variants. */
  readonly path: string
  /** Path of the variants in a record that it starts from; null: the record. */
  readonly each: string | null
  /** False when the feed cannot have it: a column that is not in its header. */
  readonly present: boolean
  /** Records (or variants) that have a value there. */
  readonly filled: number
  /** Values that are numbers, and that are addresses. */
  readonly numbers: number
  readonly urls: number
}

/** Looks at all paths of a map. Paths that cannot be read throw as `selectorsFor` does. */
export function readFields(
  map: ProductMap,
  { shape, first }: FeedLook,
  namespaces: Readonly<Record<string, string>> | undefined,
): readonly ReadField[] {
  const selectors = selectorsFor(shape, namespaces)
  const records: readonly Scope[] = first.map(({ data }) => ({ node: data, up: null }))
  const { each } = map.variants ?? {}
  const find = each === undefined ? null : selectors.scopes(each)
  const variants = find === null ? records : records.flatMap((record) => find(record))

  return [...fieldsOf(map, '')].flatMap(([at, rule]) => {
    const field = at.slice(1)
    const scopes = field.startsWith('variants.') ? variants : records
    return [...new Set(pathsOf(rule))].map((path): ReadField => {
      const select = selectors.text(path)
      const picked = scopes.map((scope) => valuesOf(select(scope)))
      const values = picked.flat()
      return {
        field,
        path,
        each: scopes === variants ? (each ?? null) : null,
        present: selectors.has(path),
        filled: share(picked, (some) => some.length > 0),
        numbers: share(values, (value) => parseMoney(value) !== null),
        urls: share(values, (value) => /^https?:\/\//i.test(value)),
      }
    })
  })
}

function share<T>(all: readonly T[], is: (one: T) => boolean): number {
  if (all.length === 0) return 0
  return Math.round((all.filter(is).length / all.length) * 1000) / 1000
}
