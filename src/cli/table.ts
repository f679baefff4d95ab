/** Aligned columns of text, as wide as what is in them; CJK, Thai and emoji included. */
import { plain } from './print.js'
import { cutTo, padTo, widthOf } from './text-width.js'

export interface Column<R> {
  readonly title: string
  readonly value: (row: R) => string
  /** Numbers stand on the right. */
  readonly side?: 'left' | 'right'
  /** Longer values are cut. */
  readonly widthMax?: number
}

const gap = '  '

/** Lines without line ends: the head, then one per row. Values are made safe for a terminal here. */
export function tableLines<R>(columns: readonly Column<R>[], rows: readonly R[]): string[] {
  const cells = rows.map((row) =>
    columns.map(({ value, widthMax }) => {
      const text = plain(value(row))
      return widthMax === undefined ? text : cutTo(text, widthMax)
    }),
  )
  const titles = columns.map(({ title }) => title)
  const widths = titles.map((title, index) =>
    Math.max(...[title, ...cells.map((row) => row[index] ?? '')].map(widthOf)),
  )
  return [titles, ...cells].map((row) =>
    row
      .map((cell, index) => padTo(cell, widths[index] ?? 0, columns[index]?.side === 'right' ? 'left' : 'right'))
      .join(gap)
      .trimEnd(),
  )
}

/** `label  value` lines; pairs without a value are left out. Values are made safe for a terminal here. */
export function pairLines(pairs: readonly (readonly [label: string, value: string | null])[]): string[] {
  const shown = pairs.filter((pair): pair is readonly [string, string] => pair[1] !== null && pair[1] !== '')
  const width = Math.max(0, ...shown.map(([label]) => widthOf(label)))
  return shown.map(([label, value]) => `${padTo(label, width)}${gap}${plain(value)}`)
}
