/**
 * What goes to stdout and stderr, made safe: names, messages and URLs come from suppliers' feeds, and a
 * terminal obeys control characters wherever they come from.
 */
import { writeSync } from 'node:fs'
import { hasCode } from '../core/errors.js'

/** C1 controls, marks that reorder text, and line separators: some terminals obey them too. */
const invisible = /[\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g

/** U+2400 to U+241F are pictures of the C0 controls: `␛` for ESC. */
const controlPictures = 0x2400

/**
 * Text fit for one line of a terminal: line breaks and tabs become spaces, every other control character
 * becomes something that can be seen and does nothing.
 */
export function plain(text: string): string {
  return text
    .replace(/\p{Cs}/gu, '\ufffd')
    .replace(/\s*[\r\n]+\s*|\t/g, ' ')
    .replace(/[\x00-\x1f]/g, (control) => String.fromCharCode(controlPictures + control.charCodeAt(0)))
    .replace(invisible, escaped)
}

/** A document as JSON text with a line end. Same value as `JSON.stringify`, and neutral in a terminal. */
export function jsonText(document: object): string {
  return `${JSON.stringify(document, null, 2).replace(invisible, escaped)}\n`
}

/** As `jsonText`, on one line. */
export function jsonLine(document: object): string {
  return `${JSON.stringify(document).replace(invisible, escaped)}\n`
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** Streams that are read by nobody any more: writing to them again is pointless. */
const gone = new Set<NodeJS.WriteStream>()

export function toStdout(text: string): void {
  write(process.stdout, text)
}

export function toStderr(text: string): void {
  write(process.stderr, text)
}

function write(stream: NodeJS.WriteStream, text: string): void {
  if (!gone.has(stream)) stream.write(text)
}

/**
 * Writes to stdout at once, without Node's stream: a third of the time of a short command. Ends quietly
 * when nobody reads.
 */
export function toStdoutAtOnce(text: string): void {
  const bytes = Buffer.from(text)
  let written = 0
  while (written < bytes.length) {
    try {
      written += writeSync(1, bytes, written)
    } catch (error: unknown) {
      if (hasCode(error, 'EPIPE')) return
      // A pipe that is full for the moment; stdout was made non-blocking by someone else.
      if (!hasCode(error, 'EAGAIN')) throw error
    }
  }
}

/**
 * Lets the work go on when the reader of stdout or stderr has gone (`wholesaler jobs | head -1`): an
 * import must not die of it. Safe to call more than once.
 */
export function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr]) {
    if (stream.listeners('error').includes(onStreamError)) continue
    stream.on('error', onStreamError)
  }
}

function onStreamError(this: NodeJS.WriteStream, error: unknown): void {
  if (!hasCode(error, 'EPIPE', 'ERR_STREAM_DESTROYED')) throw error
  gone.add(this)
}
