/**
 * What lenient reading sets right in the text itself, before any parser sees it: text that was encoded as UTF-8
 * twice, and control characters in JSON. Each is counted, and told once the feed was read.
 */
import iconv from 'iconv-lite'
import { countControls, withoutControls } from './control-characters.js'
import type { FeedText } from './text.js'

/** What was set right, by code; grows while the text is read. */
export type Mended = Map<'double_encoded' | 'control_characters', number>

export interface MendedText {
  readonly text: FeedText
  readonly mended: Mended
}

/** `isJson`: its parser takes no control characters out by itself. Each reading counts anew. */
export function mendText(text: FeedText, isJson: boolean): MendedText {
  const mended: Mended = new Map()
  const isDouble = isDoubleEncoded(text.head)
  if (!isDouble && !isJson) return { text, mended }
  const head = isJson ? withoutControls(text.head) : text.head
  // What is mended cannot be cut by its bytes.
  const { raw: _raw, ...given } = text
  return {
    mended,
    text: {
      ...given,
      head: isDouble ? decodeRuns(head).text : head,
      async *chunks(signal) {
        mended.clear()
        const count = (code: 'double_encoded' | 'control_characters', more: number) => {
          if (more > 0) mended.set(code, (mended.get(code) ?? 0) + more)
        }
        let kept = ''
        for await (const chunk of text.chunks(signal)) {
          let piece = kept + chunk
          kept = ''
          if (isJson) {
            count('control_characters', countControls(piece))
            piece = withoutControls(piece)
          }
          if (isDouble) {
            const end = piece.length - begunRun(piece)
            kept = piece.slice(end)
            const { text: decoded, runs } = decodeRuns(piece.slice(0, end))
            count('double_encoded', runs)
            piece = decoded
          }
          if (piece !== '') yield piece
        }
        if (kept !== '') yield kept
      },
    },
  }
}

/** Characters of the bytes 0x80 to 0xFF in windows-1252: what UTF-8 looks like to a program that takes it for that. */
const high = [...iconv.decode(Buffer.from(Array.from({ length: 128 }, (_, index) => index + 0x80)), 'windows-1252')]
  // Five bytes that it does not have are decoded as the control characters of their numbers, as browsers do.
  .map((char, index) => (char === '\ufffd' ? String.fromCharCode(index + 0x80) : char))
  .join('')
const byteOf = new Map([...high].map((char, index) => [char, index + 0x80]))

const inClass = (from: number, to: number) => `[${high.slice(from - 0x80, to - 0x80 + 1).replace(/[\\\]^-]/g, '\\$&')}]`
const next = inClass(0x80, 0xbf)
const run = `${inClass(0xc2, 0xdf)}${next}|${inClass(0xe0, 0xef)}${next}{2}|${inClass(0xf0, 0xf4)}${next}{3}`

/** So many such sequences, and no other character beyond ASCII beside them, are no accident. */
const evidenceMin = 3

function isDoubleEncoded(head: string): boolean {
  const runs = head.match(new RegExp(run, 'g'))?.length ?? 0
  if (runs < evidenceMin) return false
  // The head may end inside of one.
  const rest = head.slice(0, head.length - begunRun(head)).replace(new RegExp(run, 'g'), '')
  return /^[\x00-\x7f]*$/.test(rest)
}

function decodeRuns(text: string): { readonly text: string; readonly runs: number } {
  let runs = 0
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  const decoded = text.replace(new RegExp(run, 'g'), (sequence) => {
    const bytes = Uint8Array.from([...sequence], (char) => byteOf.get(char) ?? 0x3f)
    try {
      const char = decoder.decode(bytes)
      runs += 1
      return char
    } catch {
      // Not UTF-8 after all, such as a surrogate: it stays.
      return sequence
    }
  })
  return { text: decoded, runs }
}

/** Length of what may be the beginning of a sequence at the end of a piece. */
function begunRun(text: string): number {
  const begun = new RegExp(
    `(?:${inClass(0xc2, 0xdf)}|${inClass(0xe0, 0xef)}${next}?|${inClass(0xf0, 0xf4)}${next}{0,2})$`,
  )
  return begun.exec(text)?.[0].length ?? 0
}
