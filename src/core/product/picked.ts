/**
 * What a path picks out of a record.
 *
 * Picked text is trimmed, and three cases stay apart: `undefined` = absent (no such column, element or key),
 * `null` = blank (it is there and empty, or JSON null), text or several texts = a value. Of several, blank
 * ones are dropped.
 */
import type { CsvRow, JsonValue, XmlElement } from '../feed/feed.js'

/** A record or something inside it, with the way back up. */
export interface Scope<N = Node> {
  readonly node: N
  readonly up: Scope<N> | null
}

export type Node = CsvRow | XmlElement | JsonValue

/** Absent, blank, one value, or several (at least two). */
export type Picked = undefined | null | string | readonly string[]

export type Select = (scope: Scope) => Picked

export interface Selectors {
  /** False when the feed cannot have it: a column that is not in the header. */
  has(path: string): boolean
  text(path: string): Select
  /** Elements or objects below, each with its way up; none in a CSV row. */
  scopes(path: string): (scope: Scope) => readonly Scope[]
  /** Child elements or keys of what the path leads to, with their text. */
  entries(path: string): (scope: Scope) => readonly (readonly [name: string, value: Picked])[]
  /** Values of a key in a table of the feed; see `TableMap`. Absent where there are no tables. */
  valuesIn?(table: string, key: string): readonly string[]
}

/** Joins what several places gave: values in order; blank when all that is there is blank. */
export function merge(picks: readonly Picked[]): Picked {
  let merged: Picked
  let several: string[] | null = null
  for (const pick of picks) {
    if (pick === undefined) continue
    if (pick === null) {
      merged ??= null
      continue
    }
    if (merged == null) {
      merged = pick
      continue
    }
    several ??= typeof merged === 'string' ? [merged] : [...merged]
    if (typeof pick === 'string') several.push(pick)
    else several.push(...pick)
    merged = several
  }
  return merged
}

/** Trimmed text, or `null` when nothing is left. */
export function textOrBlank(text: string): string | null {
  const trimmed = text.trim()
  return trimmed === '' ? null : trimmed
}

/** All values; none when absent or blank. */
export function valuesOf(picked: Picked): readonly string[] {
  if (picked == null) return []
  return typeof picked === 'string' ? [picked] : picked
}

/** What a list of values is: blank when empty, one value, or several. */
export function fromValues(values: readonly string[]): Picked {
  return values.length > 1 ? values : (values[0] ?? null)
}

/** The first value; absent and blank as they are. */
export function firstOf(picked: Picked): string | null | undefined {
  return picked == null || typeof picked === 'string' ? picked : (picked[0] ?? null)
}
