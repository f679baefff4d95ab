/** Checks what a `transform` hook gives back: it is user code, and its result is unknown until it was looked at. */
import { fromNumber, parseDecimal } from './decimal.js'
import type { Attribute, Decimal, ImageRef, Measure, Product, Variant } from './product.js'

/**
 * The product in `value`; numbers are welcome where decimals are expected, properties nobody knows are dropped.
 * Throws a `TypeError` that names the field.
 */
export function checkProduct(value: unknown): Product {
  if (value instanceof Promise) throw new TypeError('the hook must not be async')
  const from = object(value, 'product')
  return {
    key: required(from.key, 'key'),
    name: required(from.name, 'name'),
    ...given(from, identifierFields, text),
    ...given(from, ['description', 'shortDescription', 'brand', 'url', 'availability'], text),
    ...given(from, offerFields, decimal),
    ...given(from, ['inStock'], boolean),
    ...given(from, ['categories'], (paths, field) => list(paths, field, texts)),
    ...given(from, ['tags'], texts),
    ...given(from, ['images'], (images, field) => list(images, field, image)),
    ...given(from, ['currency'], required),
    ...given(from, ['taxIncluded'], (flag, field) => boolean(flag, field) ?? undefined),
    ...given(from, ['vatRate'], decimal),
    ...given(from, ['weight', 'length', 'width', 'height'], measure),
    ...given(from, ['attributes'], (attributes, field) => list(attributes, field, attribute)),
    ...given(from, ['status'], status),
    options: texts(from.options ?? [], 'options'),
    variants: list(from.variants ?? [], 'variants', variant),
  } as Product
}

const identifierFields = ['sku', 'gtin', 'mpn'] as const
const offerFields = ['price', 'salePrice', 'wholesalePrice', 'stock'] as const

type Fields = Readonly<Record<string, unknown>>

function given(from: Fields, fields: readonly string[], check: (value: unknown, field: string) => unknown): Fields {
  const checked: Record<string, unknown> = {}
  for (const field of fields) if (from[field] !== undefined) checked[field] = check(from[field], field)
  return checked
}

function variant(value: unknown, field: string): Variant {
  const from = object(value, field)
  return {
    key: required(from.key, `${field}.key`),
    ...given(from, identifierFields, text),
    options: list(from.options ?? [], `${field}.options`, (pair, name) => {
      const [option = '', chosen = ''] = texts(pair, name)
      return [option, chosen] as const
    }),
    ...given(from, offerFields, decimal),
    ...given(from, ['inStock'], boolean),
    ...given(from, ['availability'], text),
    ...given(from, ['image'], (one, name) => (one === null ? null : image(one, name))),
    ...given(from, ['weight'], measure),
  } as Variant
}

function object(value: unknown, field: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields
  throw new TypeError(`${field} is not an object`)
}

function list<T>(value: unknown, field: string, check: (item: unknown, field: string) => T): readonly T[] {
  if (!Array.isArray(value)) throw new TypeError(`${field} is not a list`)
  // Not `map`, which passes over holes.
  return Array.from(value, (item: unknown, index) => check(item, `${field}.${index}`))
}

function texts(value: unknown, field: string): readonly string[] {
  return list(value, field, (item, name) => text(item, name) ?? '')
}

function text(value: unknown, field: string): string | null {
  if (value === null || typeof value === 'string') return value
  if (typeof value === 'number') return String(value)
  throw new TypeError(`${field} is not a text`)
}

function required(value: unknown, field: string): string {
  const checked = text(value, field)
  if (checked === null || checked.trim() === '') throw new TypeError(`${field} is empty`)
  return checked
}

function boolean(value: unknown, field: string): boolean | null {
  if (value === null || typeof value === 'boolean') return value
  throw new TypeError(`${field} is neither true nor false`)
}

function decimal(value: unknown, field: string): Decimal | null {
  if (value === null) return null
  const read =
    typeof value === 'number' ? fromNumber(value) : typeof value === 'string' ? parseDecimal(value, 'point') : null
  if (read === null) throw new TypeError(`${field} is not a number: ${String(value)}`)
  return read
}

function measure(value: unknown, field: string): Measure | null {
  if (value === null) return null
  const from = object(value, field)
  const amount = decimal(from.value, `${field}.value`)
  if (amount === null) throw new TypeError(`${field}.value is missing`)
  return from.unit === undefined ? { value: amount } : { value: amount, unit: required(from.unit, `${field}.unit`) }
}

function image(value: unknown, field: string): ImageRef {
  if (typeof value === 'string') return { url: required(value, field) }
  const from = object(value, field)
  const url = required(from.url, `${field}.url`)
  return from.alt === undefined ? { url } : { url, alt: text(from.alt, `${field}.alt`) ?? '' }
}

function attribute(value: unknown, field: string): Attribute {
  const from = object(value, field)
  return { name: required(from.name, `${field}.name`), values: texts(from.values, `${field}.values`) }
}

const statuses: readonly unknown[] = ['publish', 'draft', 'private']

function status(value: unknown, field: string): unknown {
  if (statuses.includes(value)) return value
  throw new TypeError(`${field} is none of ${statuses.join(', ')}`)
}
