/**
 * How many columns text takes in a terminal, after Unicode's East Asian Width (UAX 11): wide characters and
 * emoji take two, marks that sit on another character none.
 */

let segmenter: Intl.Segmenter | undefined

/** Making one takes up to 10 ms, and most text is ASCII. */
function graphemesOf(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' })
  return segmenter.segment(text)
}

/** First and last code points of the blocks whose characters are wide or full-width. */
const wideBlocks: readonly (readonly [first: number, last: number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1faff],
  [0x20000, 0x3fffd],
]

export function widthOf(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length
  let width = 0
  for (const { segment } of graphemesOf(text)) width += widthOfGrapheme(segment)
  return width
}

function widthOfGrapheme(grapheme: string): number {
  if (/^[\p{Cc}\p{Cf}\p{M}]+$/u.test(grapheme)) return 0
  // U+FE0F asks for the emoji form of a character that is text by default.
  if (/\p{Emoji_Presentation}|\ufe0f/u.test(grapheme)) return 2
  const code = grapheme.codePointAt(0) ?? 0
  return wideBlocks.some(([first, last]) => code >= first && code <= last) ? 2 : 1
}

/** Pads with spaces to `width` columns; longer text stays as it is. */
export function padTo(text: string, width: number, side: 'left' | 'right' = 'right'): string {
  const space = ' '.repeat(Math.max(0, width - widthOf(text)))
  return side === 'left' ? space + text : text + space
}

/** Cuts to at most `width` columns, with `…` as the last one when something was cut. */
export function cutTo(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  let cut = ''
  let used = 0
  for (const { segment } of graphemesOf(text)) {
    used += widthOfGrapheme(segment)
    if (used > width - 1) break
    cut += segment
  }
  return `${cut}…`
}
