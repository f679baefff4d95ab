/** Which encoding a text is read in: BOM, then what the config says, what the feed says, what its bytes say. */
import { isUtf8 } from 'node:buffer'
import { WholesalerError } from '../errors.js'
import { decodePrefix } from './decode.js'
import { encodingName } from './encoding-name.js'
import { guessEncoding } from './guess-encoding.js'
import { malformed } from './malformed.js'
import { openTailLength, scanUtf8 } from './utf8.js'

/** What is looked at before reading: the start, and where the text first leaves ASCII. */
export interface TextSample {
  readonly start: Buffer
  /** From the chunk with the first byte beyond ASCII on; empty when the text seen so far is all ASCII. */
  readonly foreign: Buffer
  /** Position of `foreign` in the text. */
  readonly foreignByte: number
}

export interface EncodingChoice {
  readonly encoding: string
  /** As the feed declares it, by BOM or XML declaration, in our spelling. */
  readonly declared: string | null
  /** Length of the BOM; it is not part of the text. */
  readonly bomBytes: number
  /** The operator named it, so bytes that do not fit are no reason to doubt it. */
  readonly isTold: boolean
}

const boms: readonly (readonly [encoding: string, bytes: Buffer])[] = [
  ['utf-8', Buffer.of(0xef, 0xbb, 0xbf)],
  // Before UTF-16, whose BOM this one begins with.
  ['utf-32le', Buffer.of(0xff, 0xfe, 0, 0)],
  ['utf-32be', Buffer.of(0, 0, 0xfe, 0xff)],
  ['utf-16le', Buffer.of(0xff, 0xfe)],
  ['utf-16be', Buffer.of(0xfe, 0xff)],
]

/** The declaration is the first thing in an XML document; real feeds put blank lines and warnings before it. */
const declarationBytesMax = 4096
const declaration = /<\?xml[^>]{0,300}?\sencoding\s*=\s*["']\s*([\w.:-]{1,40})\s*["']/i

/** Text of UTF-16 without BOM shows by its NULs in this many bytes. */
const nulSampleBytes = 4096
/** Share of NULs in one half of the bytes that only UTF-16 has: blanks, digits and markup are a tenth of any text. */
const nulShareMin = 0.1
/** Fewer NULs are stray ones. `<?xml` alone has more. */
const nulsMin = 4
/** As many valid characters for one bad byte is UTF-8 with damage, not another encoding. */
const damageRatioMin = 4
/** In a declared other encoding, as many characters that happen to be valid UTF-8 are no chance. */
const utf8CharactersMin = 2

/** Programs that join files leave several, one after the other. */
function bomLength(bom: Buffer, start: Buffer): number {
  let length = bom.length
  while (start.subarray(length, length + bom.length).equals(bom)) length += bom.length
  return length
}

/**
 * Chooses. Throws `usage` for a hint that names no encoding, and `feed_malformed` when the feed declares an encoding that
 * its bytes are not in, unless `lenient`: then the real one is chosen.
 */
export function chooseEncoding(
  sample: TextSample,
  hint: string | undefined,
  lenient: boolean,
  shown: string,
): EncodingChoice {
  const bom = boms.find(([, bytes]) => sample.start.subarray(0, bytes.length).equals(bytes))
  if (bom !== undefined)
    return { encoding: bom[0], declared: bom[0], bomBytes: bomLength(bom[1], sample.start), isTold: false }

  const order = utf16Order(sample.start)
  if (hint !== undefined) {
    return { encoding: told(hint, order), declared: declaredName(sample, order).name, bomBytes: 0, isTold: true }
  }
  const { label, name: declared } = declaredName(sample, order)
  const found = (encoding: string): EncodingChoice => ({ encoding, declared, bomBytes: 0, isTold: false })
  if (order !== null) return found(order)

  const real = realEncoding(sample, declared)
  if (label !== null && declared === null && !lenient) throw unknownDeclared(label, real, shown)
  // A declaration that could be read byte by byte is not in UTF-16 or UTF-32, whatever it says.
  const isMeant = declared !== null && !/^utf-(16|32)/.test(declared) && declared !== 'us-ascii'
  if (isMeant && real !== declared && !lenient) throw contradicted(declared, real, sample, shown)
  return found(real)
}

/** The declared encoding when the bytes fit it, else what they most likely are; UTF-8 when that cannot be told. */
function realEncoding({ foreign }: TextSample, declared: string | null): string {
  const mayBeUtf8 = declared === null || declared === 'us-ascii' || declared.startsWith('utf-')
  // By far the most frequent case, and the library's check is a hundred times as fast as the count below.
  if (mayBeUtf8 && isUtf8(foreign.subarray(0, foreign.length - openTailLength(foreign)))) return 'utf-8'
  const utf8 = scanUtf8(foreign)
  const isRealUtf8 = utf8.badBytes === 0 && utf8.characters >= utf8CharactersMin
  const isDamagedUtf8 = utf8.characters > utf8.badBytes * damageRatioMin
  if (!mayBeUtf8) {
    if (foreign.length === 0) return declared
    if (isRealUtf8) return 'utf-8'
    // What cannot be decoded at all is in another encoding, if one can be named.
    return canDecode(foreign, declared) ? declared : (guessEncoding(foreign) ?? declared)
  }
  if (isDamagedUtf8) return 'utf-8'
  return guessEncoding(foreign) ?? 'utf-8'
}

function canDecode(bytes: Buffer, encoding: string): boolean {
  return decodePrefix(bytes, encoding).isWhole
}

function declaredName({ start }: TextSample, order: string | null): { label: string | null; name: string | null } {
  const beginning = start.subarray(0, declarationBytesMax)
  const text = order === null ? beginning.toString('latin1') : decodePrefix(beginning, order).text
  const label = declaration.exec(text)?.[1] ?? null
  const name = label === null ? null : encodingName(label)
  return { label, name: name === 'utf-16' && order !== null ? order : name }
}

function told(hint: string, order: string | null): string {
  const name = encodingName(hint)
  if (name === null) {
    throw new WholesalerError({
      kind: 'usage',
      message: `"${hint}" is not the name of an encoding`,
      hint: 'Names are such as utf-8, windows-1250, iso-8859-2, windows-1251, utf-16le.',
    })
  }
  return name === 'utf-16' ? (order ?? 'utf-16le') : name
}

/** UTF-16 without a BOM, by the half of its bytes that is NUL in markup, digits and blanks. */
function utf16Order(start: Buffer): 'utf-16le' | 'utf-16be' | null {
  const pairs = Math.floor(Math.min(start.length, nulSampleBytes) / 2)
  let evenNuls = 0
  let oddNuls = 0
  for (let pair = 0; pair < pairs; pair += 1) {
    if (start[2 * pair] === 0) evenNuls += 1
    if (start[2 * pair + 1] === 0) oddNuls += 1
  }
  const [few, many] = evenNuls < oddNuls ? [evenNuls, oddNuls] : [oddNuls, evenNuls]
  if (many < nulsMin || many < pairs * nulShareMin || few * 10 > many) return null
  return oddNuls > evenNuls ? 'utf-16le' : 'utf-16be'
}

function contradicted(declared: string, real: string, sample: TextSample, shown: string): WholesalerError {
  const message = `The feed declares ${declared}, but it is not: it is most likely ${real}.`
  const byte = sample.foreignByte + scanUtf8(sample.foreign).firstBad
  return malformed(message, { file: shown, byte }, readAs(real))
}

function unknownDeclared(label: string, real: string, shown: string): WholesalerError {
  const message = `The feed declares an encoding that does not exist, "${label}"; it is most likely ${real}.`
  return malformed(message, { file: shown }, readAs(real))
}

function readAs(real: string): string {
  return `Read it as ${real} with --lenient, or with encoding: ${real} in the config of the wholesaler.`
}
