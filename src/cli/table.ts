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

/**
 * Lines without line ends: the head, then one per row. Values are made safe for a terminal here. With
 * `lineWidth` (columns of the terminal) longer lines are cut: the last column gives way.
 */
export function tableLines<R>(
  columns: readonly Column<R>[],
  rows: readonly R[],
  lineWidth = Number.POSITIVE_INFINITY,
): string[] {
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
  return [titles, ...cells].map((row) => {
    const line = row
      .map((cell, index) => padTo(cell, widths[index] ?? 0, columns[index]?.side === 'right' ? 'left' : 'right'))
      .join(gap)
    return cutTo(line.trimEnd(), lineWidth)
  })
}

/**
 * `label  value` lines; pairs without a value are left out. Values are made safe for a terminal here. With
 * `lineWidth` a longer value goes on below itself.
 */
export function pairLines(
  pairs: readonly (readonly [label: string, value: string | null])[],
  lineWidth = Number.POSITIVE_INFINITY,
): string[] {
  const shown = pairs.filter((pair): pair is readonly [string, string] => pair[1] !== null && pair[1] !== '')
  const width = Math.max(0, ...shown.map(([label]) => widthOf(label)))
  const indent = ' '.repeat(width + gap.length)
  return shown.flatMap(([label, value]) =>
    wrapped(plain(value), lineWidth - indent.length).map((line, index) =>
      index === 0 ? `${padTo(label, width)}${gap}${line}` : indent + line,
    ),
  )
}

/** Breaks between words only: a long path or URL stays whole, to be copied. */
function wrapped(text: string, width: number): string[] {
  if (widthOf(text) <= width) return [text]
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`
    if (line !== '' && widthOf(longer) > width) {
      lines.push(line)
      line = word
    } else line = longer
  }
  return [...lines, line]
}
