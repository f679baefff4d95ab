/**
 * Exact decimals: read from the text of feeds, and reckoned with, without ever being a float.
 *
 * How `auto` reads separators (the config can say `comma` or `point` instead):
 * - both `.` and `,` occur: the last is the decimal one, the other must group by three;
 * - one of them occurs several times: it groups by three;
 * - once, not followed by exactly three digits (`12,50`, `0.5`), or after a lone zero (`0,125`): decimal;
 * - once, followed by exactly three digits: `1.234` is 1.234, since programs write points, and `1,234` is 1234.
 *   A column or field whose other values settle the matter is read alike (`auto-comma`, `auto-point`).
 * Spaces and apostrophes group by three in every format.
 */
import Big from 'big.js'
import { ownText } from './own-text.js'
import type { Decimal } from './product.js'

/** `auto-comma` and `auto-point` are `auto`, with doubtful values read as decimal comma or point. */
export const decimalFormats = ['auto', 'comma', 'point', 'auto-comma', 'auto-point'] as const
export type DecimalFormat = (typeof decimalFormats)[number]

/** Digits beyond this are no price, count or weight of this world, but a broken cell. */
const digitsMax = 30

const canonical = /^(?:0|-?[1-9]\d{0,14}|-?(?:0|[1-9]\d{0,14})\.\d{0,14}[1-9])$/
const plain = /^([+-]?)(\d*)(?:\.(\d*))?$/
const groupedByThree = /^[1-9]\d{0,2}(?:([ '.,])\d{3})(?:\1\d{3})*$/
const spaces = /[\s\u00a0\u2007\u2009\u202f]/g

/** Reads a number as feeds write it. Null when the text is no number; the blank text is none either. */
export function parseDecimal(text: string, format: DecimalFormat = 'auto'): Decimal | null {
  if (canonical.test(text) && (format !== 'comma' || !text.includes('.')) && !isDoubtful(text, format)) {
    return text as Decimal
  }
  const known = untidy[format].get(text)
  if (known !== undefined) return known
  const value = parseUntidy(text, format)
  if (untidy[format].size < untidyMax && text.length <= digitsMax) {
    untidy[format].set(ownText(text), value === null ? null : (ownText(value) as Decimal))
  }
  return value
}

/** Texts remembered, per format: some 300 KB. Prices are mostly untidy, and the same: 9.90, 49,00. The first ones stay. */
const untidyMax = 4_000

const untidy: Readonly<Record<DecimalFormat, Map<string, Decimal | null>>> = {
  auto: new Map(),
  comma: new Map(),
  point: new Map(),
  'auto-comma': new Map(),
  'auto-point': new Map(),
}

function isDoubtful(text: string, format: DecimalFormat): boolean {
  return format === 'auto-comma' && text.includes('.')
}

function parseUntidy(text: string, format: DecimalFormat): Decimal | null {
  let rest = text.trim().replace('\u2212', '-')
  if (rest.length === 0 || rest.length > digitsMax * 2) return null
  let sign = ''
  if (rest[0] === '-' || rest[0] === '+') {
    if (rest[0] === '-') sign = '-'
    rest = rest.slice(1).trimStart()
  }
  rest = rest.replace(spaces, ' ').replaceAll('’', "'")
  const unsigned = withPoint(rest, format)
  return unsigned === null ? null : fromPlain(sign + unsigned)
}

/** The same number with a decimal point and without grouping; null when it is none. */
function withPoint(text: string, format: DecimalFormat): string | null {
  const mark = decimalMark(text, format)
  if (mark === null) return ungrouped(text, format)
  const at = text.lastIndexOf(mark)
  if (text.indexOf(mark) !== at) return null
  const whole = ungrouped(text.slice(0, at), format, mark)
  const fraction = text.slice(at + 1)
  if (whole === null || !/^\d*$/.test(fraction) || whole + fraction === '') return null
  return `${whole}.${fraction}`
}

function decimalMark(text: string, format: DecimalFormat): '.' | ',' | null {
  const point = text.lastIndexOf('.')
  const comma = text.lastIndexOf(',')
  if (format === 'comma') return comma < 0 ? null : ','
  if (format === 'point') return point < 0 ? null : '.'
  if (point < 0 && comma < 0) return null
  if (point >= 0 && comma >= 0) return point > comma ? '.' : ','
  const mark = point >= 0 ? '.' : ','
  if (text.indexOf(mark) !== text.lastIndexOf(mark)) return null
  if (!looksGrouped(text)) return mark
  if (format === 'auto-comma') return mark === ',' ? ',' : null
  return mark === '.' ? '.' : null
}

/** One separator before exactly three digits, after one to three that are not a lone zero. */
function looksGrouped(text: string): boolean {
  return /^[1-9]\d{0,2}[.,]\d{3}$/.test(text)
}

function ungrouped(text: string, format: DecimalFormat, mark?: string): string | null {
  if (/^\d*$/.test(text)) return text.length > digitsMax ? null : text
  const group = groupedByThree.exec(text)?.[1]
  if (group === undefined || group === mark) return null
  if ((format === 'comma' && group === ',') || (format === 'point' && group === '.')) return null
  return text.replaceAll(group, '')
}

/** Canonical form of sign, digits and point; null when there is no digit or too many. */
function fromPlain(text: string, digitCountMax = digitsMax): Decimal | null {
  const match = plain.exec(text)
  if (match === null) return null
  const whole = (match[2] ?? '').replace(/^0+(?=\d)/, '')
  const fraction = (match[3] ?? '').replace(/0+$/, '')
  if (whole === '' && (match[3] ?? '') === '') return null
  if (whole.length + fraction.length > digitCountMax) return null
  const digits = `${whole === '' ? '0' : whole}${fraction === '' ? '' : `.${fraction}`}`
  return (match[1] === '-' && digits !== '0' ? `-${digits}` : digits) as Decimal
}

/** Whether a text tells how its separators are to be read, and how. */
export function decimalEvidence(text: string): 'comma' | 'point' | null {
  const digits = text.replace(/[^\d.,]/g, '')
  const point = digits.lastIndexOf('.')
  const comma = digits.lastIndexOf(',')
  if (point < 0 && comma < 0) return null
  if (point >= 0 && comma >= 0) return point > comma ? 'point' : 'comma'
  const mark = point >= 0 ? '.' : ','
  if (digits.indexOf(mark) !== digits.lastIndexOf(mark)) return mark === '.' ? 'comma' : 'point'
  if (looksGrouped(digits) || digits.endsWith(mark)) return null
  return mark === ',' ? 'comma' : 'point'
}

export interface Money {
  readonly amount: Decimal
  /** ISO 4217, when the text names one beyond doubt. */
  readonly currency?: string
}

/** Signs that stand for one currency only. `$`, `kr` and `¥` are several, and name none. */
const currencySigns: Readonly<Record<string, string | null>> = {
  '€': 'EUR',
  '£': 'GBP',
  '₽': 'RUB',
  '₴': 'UAH',
  '₸': 'KZT',
  '฿': 'THB',
  '₺': 'TRY',
  '₹': 'INR',
  '₪': 'ILS',
  '₩': 'KRW',
  '₫': 'VND',
  zł: 'PLN',
  kč: 'CZK',
  руб: 'RUB',
  'руб.': 'RUB',
  грн: 'UAH',
  'грн.': 'UAH',
  тг: 'KZT',
  лв: 'BGN',
  'лв.': 'BGN',
  ft: 'HUF',
  lei: 'RON',
  $: null,
  '¥': null,
  kr: null,
  'kr.': null,
}

const moneyParts = /^([^\d\s.,+\-−]*)\s*([+\-−]?[\d.,'’\s]*\d[.,]?)\s*(?:[,.]?[-–—])?\s*([^\d\s+\-−]*)$/

const currencyCodes: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'))

/** Whether this is the ISO 4217 code of a currency, in upper case. */
export function isCurrency(code: string): boolean {
  return currencyCodes.has(code)
}

/** Reads a price with or without its currency: `32.0 USD`, `€ 12`, `1 234,56 zł`, `12,-`. Null when it is none. */
export function parseMoney(text: string, format: DecimalFormat = 'auto'): Money | null {
  const amount = parseDecimal(text, format)
  if (amount !== null) return { amount }
  const parts = moneyParts.exec(text.trim())
  if (parts === null) return null
  const [, before = '', digits = '', after = ''] = parts
  if (before !== '' && after !== '') return null
  const bare = parseDecimal(digits, format) ?? parseDecimal(digits.replace(/[.,]$/, ''), format)
  if (bare === null) return null
  if (before + after === '') return { amount: bare }
  const currency = currencyOf(before + after)
  if (currency === undefined) return null
  return currency === null ? { amount: bare } : { amount: bare, currency }
}

/** ISO code of a sign or code; null for a sign of several currencies; undefined for anything else. */
function currencyOf(text: string): string | null | undefined {
  const upper = text.toUpperCase()
  if (isCurrency(upper)) return upper
  const sign = text.toLowerCase()
  return Object.hasOwn(currencySigns, sign) ? currencySigns[sign] : undefined
}

/** Canonical text of a number as a program holds it; null for NaN and infinities. */
export function fromNumber(value: number): Decimal | null {
  if (!Number.isFinite(value)) return null
  const text = String(value)
  return parseDecimal(text.includes('e') ? new Big(value).toFixed() : text, 'point')
}

function fromBig(value: Big): Decimal {
  const decimal = fromPlain(value.toFixed(), Number.POSITIVE_INFINITY)
  if (decimal === null) throw new Error(`not a decimal: ${value.toFixed()}`)
  return decimal
}

export function add(a: Decimal, b: Decimal): Decimal {
  return fromBig(new Big(a).plus(b))
}

export function multiply(a: Decimal, b: Decimal): Decimal {
  return fromBig(new Big(a).times(b))
}

/** What becomes of a price: multiplied by `rate`, `percent` put on, rounded half away from zero to a multiple of `step`. */
export function repricing(rate: Decimal, percent: Decimal, step: Decimal): (amount: Decimal) => Decimal {
  const factor = new Big(rate).times(new Big(percent).plus(100)).div(100)
  const digits = /^0\.(0*)1$/.exec(step)?.[1]?.length
  if (digits !== undefined) {
    return (amount) => fromBig(new Big(amount).times(factor).round(digits + 1, Big.roundHalfUp))
  }
  return (amount) => fromBig(new Big(amount).times(factor).div(step).round(0, Big.roundHalfUp).times(step))
}

/** Below zero when `a` is smaller, zero when equal. */
export function compare(a: Decimal, b: Decimal): number {
  return new Big(a).cmp(b)
}
