/** Parameters of requests: one description of each, from which it is checked and described to others. */
import { badRequest } from './http-error.js'

export type Field =
  | { readonly kind: 'integer'; readonly min: number; readonly max: number; readonly default: number | null }
  | { readonly kind: 'boolean'; readonly default: boolean }
  | { readonly kind: 'choice'; readonly options: readonly string[]; readonly default: string }
  /** One text, or a list of them. Default: null. */
  | { readonly kind: 'names' }

export type Fields = Readonly<Record<string, Field>>

type ValueOf<F extends Field> = F extends { readonly kind: 'integer'; readonly default: number }
  ? number
  : F extends { readonly kind: 'integer' }
    ? number | null
    : F extends { readonly kind: 'boolean' }
      ? boolean
      : F extends { readonly kind: 'names' }
        ? readonly string[] | null
        : F extends { readonly kind: 'choice'; readonly options: readonly (infer Option)[] }
          ? Option
          : never

export type ValuesOf<F extends Fields> = { readonly [Name in keyof F]: ValueOf<F[Name]> }

/**
 * The values of the fields, as JSON has them or as text, as forms and queries have them. What is not given, null or
 * an empty text is the default. Throws `bad_request` naming field, value and what it may be. Unknown fields are
 * ignored, as the original did.
 */
export function readFields<const F extends Fields>(fields: F, given: Readonly<Record<string, unknown>>): ValuesOf<F> {
  const values = Object.entries(fields).map(([name, field]) => {
    const value = Object.hasOwn(given, name) ? given[name] : undefined
    return [name, value === undefined || value === null || value === '' ? defaultOf(field) : read(name, field, value)]
  })
  return Object.fromEntries(values) as ValuesOf<F>
}

/** Throws `bad_request` for a field that there is not. */
export function refuseUnknown(fields: Fields, given: Readonly<Record<string, unknown>>): void {
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(fields, name))
  if (unknown === undefined) return
  throw badRequest(`there is no field ${shown(unknown)}`, `There are: ${Object.keys(fields).join(', ')}.`)
}

function defaultOf(field: Field): unknown {
  return field.kind === 'names' ? null : field.default
}

function read(name: string, field: Field, value: unknown): unknown {
  switch (field.kind) {
    case 'integer':
      return readInteger(name, field, value)
    case 'boolean':
      return readBoolean(name, value)
    case 'choice': {
      const option = field.options.find((one) => one === value)
      if (option !== undefined) return option
      throw badRequest(`${name} is ${shown(value)}`, `It may be: ${field.options.join(', ')}.`)
    }
    case 'names':
      return readNames(name, value)
    default:
      return field satisfies never
  }
}

function readInteger(name: string, { min, max }: Field & { readonly kind: 'integer' }, value: unknown): number {
  const number = typeof value === 'string' && /^-?\d{1,15}$/.test(value.trim()) ? Number(value) : value
  if (typeof number === 'number' && Number.isSafeInteger(number) && number >= min && number <= max) return number
  throw badRequest(`${name} is ${shown(value)}`, `It has to be a whole number from ${min} to ${max}.`)
}

const on: readonly unknown[] = [true, 1, 'true', '1', 'yes', 'on']
const off: readonly unknown[] = [false, 0, 'false', '0', 'no', 'off']

function readBoolean(name: string, value: unknown): boolean {
  const said = typeof value === 'string' ? value.trim().toLowerCase() : value
  if (on.includes(said)) return true
  if (off.includes(said)) return false
  throw badRequest(`${name} is ${shown(value)}`, 'It has to be true or false.')
}

function readNames(name: string, value: unknown): readonly string[] {
  const names: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (names.length > 0 && names.every((one) => typeof one === 'string' && one !== '')) return names as readonly string[]
  throw badRequest(`${name} is ${shown(value)}`, 'It has to be a name, or a list of names.')
}

/** Of a value that is told back, this many characters. */
const shownMax = 60

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > shownMax ? `${text.slice(0, shownMax)}…` : text
}

/** JSON Schema of one field. */
export function fieldSchema(field: Field): object {
  switch (field.kind) {
    case 'integer': {
      const { min: minimum, max: maximum } = field
      return { type: 'integer', minimum, maximum, ...(field.default === null ? {} : { default: field.default }) }
    }
    case 'boolean':
      return { type: 'boolean', default: field.default }
    case 'choice':
      return { type: 'string', enum: field.options, default: field.default }
    case 'names':
      return { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' }, minItems: 1 }] }
    default:
      return field satisfies never
  }
}
