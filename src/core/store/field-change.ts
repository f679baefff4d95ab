/**
 * What a write would change, field by field, as people read it: pure. Values are texts; null is what is not there.
 */
import type { Attribute, Measure } from '../product/product.js'

/** Of a product over the one that the store has. */
export interface FieldChange {
  /** Name in the neutral model; `variant` where a whole one comes or goes. */
  readonly field: string
  /** Key of the variant that it is of. */
  readonly variant?: string
  readonly from: string | null
  readonly to: string | null
}

/** Values of fields; those that are left out are not compared. */
export type FieldTexts = Readonly<Record<string, string | null>>

/** Changes from one to the other, in the order of `to`. Numbers that are equal are equal however they are written. */
export function changesBetween(from: FieldTexts, to: FieldTexts, variant?: string): FieldChange[] {
  return Object.entries(to).flatMap(([field, value]) => {
    const before = from[field] ?? null
    const after = value === '' ? null : value
    if (before === after || isSameNumber(before, after)) return []
    return [{ field, ...(variant === undefined ? {} : { variant }), from: before, to: after }]
  })
}

/** Variants that come and go. */
export function variantChanges(made: readonly string[], vanished: readonly string[]): FieldChange[] {
  return [
    ...made.map((variant): FieldChange => ({ field: 'variant', variant, from: null, to: 'new' })),
    ...vanished.map((variant): FieldChange => ({ field: 'variant', variant, from: 'there', to: null })),
  ]
}

/** A value of the neutral model as text; undefined stays away. */
export function fieldText(value: unknown): string | null | undefined {
  if (value === undefined || value === null) return value
  if (Array.isArray(value)) return value.length === 0 ? null : value.map(itemText).join('; ')
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (typeof value === 'object') return measureText(value as Measure)
  return String(value)
}

/** The texts of these fields. */
export function textsOf<T extends object>(from: T, names: readonly (keyof T & string)[]): FieldTexts {
  return Object.fromEntries(
    names.flatMap((name) => {
      const text = fieldText(from[name])
      return text === undefined ? [] : [[name, text] as const]
    }),
  )
}

function itemText(item: unknown): string {
  if (Array.isArray(item)) return item.join(' > ')
  if (typeof item !== 'object' || item === null) return String(item)
  const { name, values } = item as Attribute
  return `${name}: ${values.join(', ')}`
}

function measureText({ value, unit }: Measure): string {
  return unit === undefined ? value : `${value} ${unit}`
}

function isSameNumber(one: string | null, other: string | null): boolean {
  const isNumber = (text: string | null): text is string => text !== null && /^-?\d+(\.\d+)?$/.test(text)
  return isNumber(one) && isNumber(other) && Number(one) === Number(other)
}
