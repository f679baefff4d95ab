/** Paths into CSV rows: a path is a column name, as written in the header, or the same in any case and spacing. */
import type { CsvRow } from '../feed/feed.js'
import { type Scope, type Select, type Selectors, textOrBlank } from './picked.js'

export function csvSelectors(columns: readonly string[]): Selectors {
  const exact = new Map<string, number>()
  const folded = new Map<string, number>()
  for (const [index, column] of columns.entries()) {
    if (!exact.has(column)) exact.set(column, index)
    const name = foldColumn(column)
    if (!folded.has(name)) folded.set(name, index)
  }
  const indexOf = (path: string): number | undefined => exact.get(path) ?? folded.get(foldColumn(path))

  return {
    has: (path) => indexOf(path) !== undefined,
    text: (path) => {
      const index = indexOf(path)
      return index === undefined ? absent : cell(index)
    },
    scopes: () => () => [],
    entries: (path) => (path === '.' ? entriesOf(columns) : () => []),
  }
}

const absent: Select = () => undefined

/** A row shorter than the header has no such cell: absent, not blank. */
function cell(index: number): Select {
  return (scope: Scope) => {
    const text = (scope.node as CsvRow)[index]
    return text === undefined ? undefined : textOrBlank(text)
  }
}

/** All columns with their cells. */
function entriesOf(columns: readonly string[]): ReturnType<Selectors['entries']> {
  return ({ node }) => columns.map((column, index) => [column, textOrBlank((node as CsvRow)[index] ?? '')] as const)
}

/** Column names are compared without case, spaces and a namespace prefix such as `g:`. */
function foldColumn(name: string): string {
  return name.normalize('NFC').toLowerCase().replace(/\s+/g, '').replace(/^g:/, '')
}
