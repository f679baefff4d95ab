/** What bytes look like when they are taken for UTF-8 (RFC 3629). */

export interface Utf8Scan {
  /** Position of the first byte that is not UTF-8; the length of `bytes` when there is none. */
  readonly firstBad: number
  /** Valid characters of more than one byte. */
  readonly characters: number
  /** Bytes that are part of no character. */
  readonly badBytes: number
}

/** Looks at all of `bytes`. A character that is cut off by their end is not bad. */
export function scanUtf8(bytes: Buffer): Utf8Scan {
  let firstBad = bytes.length
  let characters = 0
  let badBytes = 0
  for (let at = 0; at < bytes.length; ) {
    if ((bytes[at] ?? 0) < 0x80) {
      at += 1
      continue
    }
    const length = characterLength(bytes, at)
    if (length > 0) {
      characters += 1
      at += length
    } else {
      firstBad = Math.min(firstBad, at)
      badBytes += 1
      at += 1
    }
  }
  return { firstBad, characters, badBytes }
}

/** Number of bytes at the end that begin a character without ending it: 0 to 3. */
export function openTailLength(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0
    if (byte < 0x80) return 0
    if (byte >= 0xc0) return announcedLength(byte) > back ? back : 0
  }
  return 0
}

/** Length of the character at `at`, as far as it is there; 0 when there is none. */
function characterLength(bytes: Buffer, at: number): number {
  const lead = bytes[at] ?? 0
  if (lead < 0xc2 || lead > 0xf4) return 0
  const end = Math.min(at + announcedLength(lead), bytes.length)
  for (let next = at + 1; next < end; next += 1) {
    const byte = bytes[next] ?? 0
    const [low, high] = next === at + 1 ? secondByteRange(lead) : anyContinuation
    if (byte < low || byte > high) return 0
  }
  return end - at
}

const anyContinuation = [0x80, 0xbf] as const

/** Narrower after leads that could spell a character too long, a surrogate, or one beyond U+10FFFF. */
function secondByteRange(lead: number): readonly [low: number, high: number] {
  if (lead === 0xe0) return [0xa0, 0xbf]
  if (lead === 0xed) return [0x80, 0x9f]
  if (lead === 0xf0) return [0x90, 0xbf]
  if (lead === 0xf4) return [0x80, 0x8f]
  return anyContinuation
}

function announcedLength(lead: number): number {
  if (lead >= 0xf0) return 4
  return lead >= 0xe0 ? 3 : 2
}
