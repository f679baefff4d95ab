/**
 * A guess at the encoding of text that does not say it: each candidate is judged by how well the letters it
 * makes of the bytes fit a language that is written in it.
 */
import iconv from 'iconv-lite'

/** How often letters beyond ASCII occur per thousand letters of running text, rounded; only ratios matter. */
const languages = {
  polish: 'ł18 ę11 ą10 ó8.5 ż8.3 ś6.6 ć4 ń2 ź.6',
  czech: 'í31 á22 ě16 é13 ř12 č10 ž10 ý10 š8 ů7 ú1 ť.4 ó.3 ď.2 ň.1',
  slovak: 'á19 č13 ý11 ž10 š9 ú9 ť8 í7 é7 ľ4 ď2 ň1 ô1 ä1 ó1 ĺ.1 ŕ.1',
  hungarian: 'é39 á36 ó10 ő9 ö8 ü6 í5 ú3 ű3',
  romanian: 'ă40 ş16 î14 ţ10 â9',
  slovene: 'č14 š10 ž7 ć5 đ3',
  german: 'ü6.5 ä5.5 ö3 ß3 é.1',
  french: 'é19 à5 è3 ê2.2 ç.9 û.6 ù.6 â.5 î.5 ô.3 œ.2 ë.1 ï.1',
  spanish: 'ó8 í7 á5 é4 ñ3 ú2 ü.1',
  portuguese: 'ã7 â5.6 ç5 ê4.5 é3.4 ó3 ú2 í1.3 á1.2 à.7 õ.4 ô.4',
  italian: 'à6.4 è2.6 ù1.7 ò1.5 ì1.5 é.5',
  swedish: 'ä18 ö13 å13 é.5',
  danish: 'å12 ø9 æ9 é.5 ö.2',
  dutch: 'é1 ë1 ï.5 è.2 ö.1',
  icelandic: 'ð44 á18 í16 þ15 ó10 æ9 ö8 é6 ú6 ý2',
  turkish: 'ı51 ü19 ş18 ç12 ğ11 ö8 â.3 î.1',
  lithuanian: 'ė17 ų13 š13 ž9 į6 ą6 ū5 č4 ę2',
  latvian: 'ā40 ī18 ē17 š9 ņ6 ļ5 ū4 ž2 ģ2 ķ1 č1',
  estonian: 'ä10 õ9 ü5 ö2 š.1 ž.1',
  russian:
    'о110 е85 а80 и74 н67 т63 с55 р47 в45 л44 к35 м32 д30 п28 у26 я20 ы19 ь17 г17 з17 б16 ч14 й12 х10 ж9 ш7 ю6 ц5 щ4 э3 ф3 ъ.4 ё.4',
  ukrainian:
    'о94 а83 н65 и62 і55 в52 т49 е47 р46 с42 к36 л35 у33 д30 м30 п28 з23 я22 б17 ь16 г15 ч14 й13 х11 ж9 ц9 ю9 ї8 ш7 є5 щ5 ф3 ґ.1',
  greek:
    'α87 ο80 τ80 ι80 ε70 ν63 σ45 ς40 ρ40 κ40 π40 η38 μ32 υ30 λ27 ά22 ό20 ί20 γ17 έ16 δ15 ω15 ή15 ύ10 ώ10 θ10 χ10 φ9 β7 ξ4 ζ3 ψ2',
  /** English and catalogs of numbers: signs, and no letters beyond ASCII. */
  signs: '',
} as const

type Language = keyof typeof languages

/** Scripts in which hardly a word mixes with ASCII letters. */
const foreignScripts: ReadonlySet<Language> = new Set(['russian', 'ukrainian', 'greek'])

const eastern = ['polish', 'czech', 'slovak', 'hungarian', 'romanian', 'slovene', 'german'] as const

/** In order of preference where the text would be the same. */
const candidates: readonly (readonly [encoding: string, readonly Language[]])[] = [
  [
    'windows-1252',
    ['signs', 'german', 'french', 'spanish', 'portuguese', 'italian', 'swedish', 'danish', 'dutch', 'icelandic'],
  ],
  ['windows-1250', eastern],
  ['iso-8859-2', eastern],
  ['windows-1251', ['russian', 'ukrainian']],
  ['windows-1253', ['greek']],
  ['windows-1254', ['turkish']],
  ['windows-1257', ['lithuanian', 'latvian', 'estonian']],
  ['koi8-u', ['russian', 'ukrainian']],
  ['cp866', ['russian', 'ukrainian']],
  ['cp852', eastern],
]

/** More are not needed to tell languages apart. */
const samplesMax = 20_000

/** Likelihoods of what is not a letter of the language at all, and of letters in unlikely places. */
const odds = {
  commonSign: 0.02,
  /** Where there are no letters to expect, signs are. */
  commonSignAlone: 0.2,
  letterAlone: 0.3,
  rareSign: 0.0005,
  otherLetter: 0.0005,
  capital: 0.5,
  capitalInWord: 0.05,
  signInWord: 0.05,
  mixedScripts: 0.05,
  accentsInARow: 0.4,
} as const

/** A mean likelihood of e^-5 is what half-fitting text has; below it no guess is made. */
const meanScoreMin = -5

/** Signs of typography and trade. */
const commonSigns = '€‚„…‘’“”•–—™\u00a0£§©«®°±¹²³·º»¼½¾µ×№'

/** The likeliest encoding of text that is not UTF-8, or null when none fits or nothing is beyond ASCII. */
export function guessEncoding(bytes: Buffer): string | null {
  const positions = foreignPositions(bytes)
  if (positions.length === 0) return null
  let best: { encoding: string; score: number } | null = null
  for (const [encoding, spoken] of candidates) {
    const table = letterTable(encoding)
    const contexts = countContexts(bytes, positions, table)
    if (contexts === null) continue
    for (const language of spoken) {
      const score = scoreOf(contexts, table, language) / positions.length
      if (score >= meanScoreMin && (best === null || score > best.score)) best = { encoding, score }
    }
  }
  return best?.encoding ?? null
}

interface Letter {
  readonly text: string
  readonly lower: string
  readonly isLetter: boolean
  readonly isCapital: boolean
  /** The encoding has no such byte, or a control character. */
  readonly isUndefined: boolean
}

/** The 256 characters of a one-byte encoding. */
function letterTable(encoding: string): readonly Letter[] {
  return Array.from({ length: 256 }, (_, byte) => {
    const text = iconv.decode(Buffer.of(byte), encoding, { stripBOM: false })
    const lower = text.toLowerCase()
    return {
      text,
      lower,
      isLetter: /\p{L}/u.test(text),
      isCapital: lower !== text,
      isUndefined: byte >= 0x80 && /[\ufffd\u0080-\u009f]/.test(text),
    }
  })
}

function foreignPositions(bytes: Buffer): number[] {
  const positions: number[] = []
  for (let at = 0; at < bytes.length && positions.length < samplesMax; at += 1) {
    if ((bytes[at] ?? 0) >= 0x80) positions.push(at)
  }
  return positions
}

const afterLetter = 1
const beforeLetter = 2
const afterSmall = 4
const besideAscii = 8
const contextBits = 4

/** How often each byte stands in each surrounding: index is byte << 4 | flags. Null when a byte is undefined. */
function countContexts(bytes: Buffer, positions: readonly number[], table: readonly Letter[]): Uint32Array | null {
  const counts = new Uint32Array(256 << contextBits)
  for (const at of positions) {
    const byte = bytes[at] ?? 0
    if (table[byte]?.isUndefined) return null
    const before = at === 0 ? undefined : table[bytes[at - 1] ?? 0]
    const after = at + 1 === bytes.length ? undefined : table[bytes[at + 1] ?? 0]
    let flags = 0
    if (before?.isLetter) flags |= afterLetter | (before.isCapital ? 0 : afterSmall)
    if (after?.isLetter) flags |= beforeLetter
    if (isAsciiLetter(before) || isAsciiLetter(after)) flags |= besideAscii
    const index = (byte << contextBits) | flags
    counts[index] = (counts[index] ?? 0) + 1
  }
  return counts
}

function isAsciiLetter(letter: Letter | undefined): boolean {
  return letter?.isLetter === true && letter.text < '\u0080'
}

/** Sum of the logarithms of all likelihoods. */
function scoreOf(contexts: Uint32Array, table: readonly Letter[], language: Language): number {
  const shares = letterShares(language)
  let score = 0
  contexts.forEach((count, index) => {
    const letter = table[index >> contextBits]
    if (count === 0 || letter === undefined) return
    score +=
      count * Math.log(likelihood(letter, index & ((1 << contextBits) - 1), shares, foreignScripts.has(language)))
  })
  return score
}

function likelihood(letter: Letter, flags: number, shares: ReadonlyMap<string, number>, isForeign: boolean): number {
  if (!letter.isLetter) {
    const common = shares.size === 0 ? odds.commonSignAlone : odds.commonSign
    const share = commonSigns.includes(letter.text) ? common : odds.rareSign
    const isInWord = (flags & afterLetter) !== 0 && (flags & beforeLetter) !== 0
    return isInWord ? share * odds.signInWord : share
  }
  let share = shares.get(letter.lower) ?? odds.otherLetter
  if ((flags & (afterLetter | beforeLetter)) === 0) share *= odds.letterAlone
  if (letter.isCapital) share *= (flags & afterSmall) === 0 ? odds.capital : odds.capitalInWord
  const isBesideAscii = (flags & besideAscii) !== 0
  if (isForeign) return isBesideAscii ? share * odds.mixedScripts : share
  return (flags & (afterLetter | beforeLetter)) !== 0 && !isBesideAscii ? share * odds.accentsInARow : share
}

/** Share of each letter among those beyond ASCII. */
function letterShares(language: Language): ReadonlyMap<string, number> {
  const weights = languages[language]
    .split(' ')
    .filter((part) => part !== '')
    .map((part): [string, number] => [part.charAt(0), Number(part.slice(1))])
  const total = weights.reduce((sum, [, weight]) => sum + weight, 0)
  return new Map(weights.map(([letter, weight]) => [letter, weight / total]))
}
