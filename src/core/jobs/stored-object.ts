/**
 * JSON objects as they come back from disk: each value is checked when it is taken. Hand-written: `status` loads it at every
 * start, where a schema library would cost more than the rest of the command.
 */
import { WholesalerError } from '../errors.js'

type Fields = Readonly<Record<string, unknown>>

/** Longest piece of a wrong value that a message quotes, in characters. */
const quotedMax = 40

/**
 * One object. Every method takes a value by its field's name and throws `state_unreadable` with the path of that field when it
 * is of another kind. Paths are put together only then: a job file has ten thousand values.
 */
export class StoredObject {
  readonly fields: Fields
  readonly #parent: StoredObject | null
  readonly #name: string

  private constructor(fields: Fields, parent: StoredObject | null, name: string) {
    this.fields = fields
    this.#parent = parent
    this.#name = name
  }

  /** `name` stands before the paths of its fields, unless it is ''; `called` is what it is when it is no object. */
  static of(value: unknown, name: string, called = name): StoredObject {
    return new StoredObject(fieldsOf(value) ?? fail(called, 'an object', value), null, name)
  }

  keys(): readonly string[] {
    return Object.keys(this.fields)
  }

  has(field: string): boolean {
    return this.fields[field] !== undefined
  }

  object(field: string): StoredObject {
    return this.#inner(this.fields[field], field)
  }

  objectOrNull<T>(field: string, read: (object: StoredObject) => T): T | null {
    return this.fields[field] === null ? null : read(this.object(field))
  }

  text(field: string): string {
    const value = this.fields[field]
    return typeof value === 'string' ? value : this.refuse(field, 'text')
  }

  textOrNull(field: string): string | null {
    return this.fields[field] === null ? null : this.text(field)
  }

  /** A whole number from 0 on. */
  count(field: string): number {
    const value = this.fields[field]
    return Number.isSafeInteger(value) && (value as number) >= 0
      ? (value as number)
      : this.refuse(field, 'a whole number from 0 on')
  }

  countOrNull(field: string): number | null {
    return this.fields[field] === null ? null : this.count(field)
  }

  /** Unix milliseconds, or a length of time in them; any finite number, since a wall clock may stand before 1970. */
  time(field: string): number {
    const value = this.fields[field]
    return typeof value === 'number' && Number.isFinite(value) ? value : this.refuse(field, 'a time in milliseconds')
  }

  timeOrNull(field: string): number | null {
    return this.fields[field] === null ? null : this.time(field)
  }

  flag(field: string): boolean {
    const value = this.fields[field]
    return typeof value === 'boolean' ? value : this.refuse(field, 'true or false')
  }

  oneOf<const T extends string>(field: string, allowed: readonly T[]): T {
    const value = this.fields[field]
    return allowed.find((candidate) => candidate === value) ?? this.refuse(field, `one of ${allowed.join(', ')}`)
  }

  texts(field: string): readonly string[] {
    return this.#list(field).map((item, index) =>
      typeof item === 'string' ? item : fail(`${this.#pathOf(field)}.${index}`, 'text', item),
    )
  }

  objects<T>(field: string, read: (item: StoredObject) => T): readonly T[] {
    return this.#list(field).map((item, index) => read(this.#inner(item, `${field}.${index}`)))
  }

  /** Throws what says that the value of a field is not what it must be. */
  refuse(field: string, expected: string): never {
    fail(this.#pathOf(field), expected, this.fields[field])
  }

  #list(field: string): readonly unknown[] {
    const value = this.fields[field]
    return Array.isArray(value) ? value : this.refuse(field, 'a list')
  }

  #inner(value: unknown, name: string): StoredObject {
    return new StoredObject(fieldsOf(value) ?? fail(this.#pathOf(name), 'an object', value), this, name)
  }

  #pathOf(field: string): string {
    const path = this.#parent === null ? this.#name : this.#parent.#pathOf(this.#name)
    return path === '' ? field : `${path}.${field}`
  }
}

function fieldsOf(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null
}

function fail(path: string, expected: string, value: unknown): never {
  const shown = value === undefined ? 'nothing' : JSON.stringify(value)
  const found = shown.length > quotedMax ? `${shown.slice(0, quotedMax)}…` : shown
  throw new WholesalerError({
    kind: 'state_unreadable',
    message: `${path} must be ${expected}, but is ${found}`,
    hint: 'The file was left as it is. Correct the value, or move the file away to start from its backup.',
    place: { field: path },
  })
}
