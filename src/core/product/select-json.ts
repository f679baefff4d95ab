/**
 * Paths into JSON objects: keys joined by `/`; arrays on the way and at the end are flattened; `.` is the value
 * itself, `..` the object around it, `*` every key. Numbers and booleans become text; an object at the end of a text
 * path is absent.
 */
import type { JsonValue } from '../feed/feed.js'
import { fromNumber } from './decimal.js'
import { merge, type Picked, type Scope, type Select, type Selectors, textOrBlank } from './picked.js'

type JsonObject = { readonly [key: string]: JsonValue }

export function jsonSelectors(): Selectors {
  return {
    has: () => true,
    text: jsonText,
    scopes: (path) => {
      const walk = walker(steps(path))
      return (scope) =>
        walk(scope)
          .flatMap(flatScopes)
          .filter(({ node }) => typeof node === 'object' && node !== null)
    },
    entries: (path) => {
      const walk = walker(steps(path))
      return (scope) =>
        walk(scope)
          .flatMap(flatScopes)
          .flatMap(({ node }) => entriesOf(node as JsonValue))
    },
  }
}

function jsonText(path: string): Select {
  const parts = steps(path)
  const [only] = parts
  if (parts.length === 1 && only !== undefined && isKey(only)) {
    return ({ node }) => (isObject(node) && Object.hasOwn(node, only) ? textOf(node[only]) : undefined)
  }
  const walk = walker(parts)
  return (scope) => {
    if (isObject(scope.node) && Object.hasOwn(scope.node, path)) return textOf(scope.node[path])
    return merge(walk(scope).map(({ node }) => textOf(node as JsonValue)))
  }
}

function isKey(step: string): boolean {
  return step !== '.' && step !== '..' && step !== '*'
}

function steps(path: string): readonly string[] {
  return path.split('/').filter((step) => step !== '')
}

function walker(parts: readonly string[]): (scope: Scope) => readonly Scope[] {
  return (start) => {
    let scopes: readonly Scope[] = [start]
    for (const part of parts) scopes = scopes.flatMap((scope) => step(scope, part))
    return scopes
  }
}

function step(scope: Scope, part: string): readonly Scope[] {
  if (part === '.') return [scope]
  if (part === '..') return scope.up === null ? [] : [scope.up]
  return flatScopes(scope).flatMap((one): readonly Scope[] => {
    if (!isObject(one.node)) return []
    const { node } = one
    if (part === '*') return Object.values(node).map((value) => ({ node: value, up: one }))
    const value = Object.hasOwn(node, part) ? node[part] : undefined
    return value === undefined ? [] : [{ node: value, up: one }]
  })
}

/** An array stands for its items: they have the way up of the array. */
function flatScopes(scope: Scope): readonly Scope[] {
  if (!Array.isArray(scope.node)) return [scope]
  return (scope.node as readonly JsonValue[]).flatMap((node) => flatScopes({ node, up: scope.up }))
}

function entriesOf(node: JsonValue): readonly (readonly [string, Picked])[] {
  return isObject(node) ? Object.entries(node).map(([name, value]) => [name, textOf(value)] as const) : []
}

function textOf(value: JsonValue | undefined): Picked {
  if (typeof value === 'string') return textOrBlank(value)
  if (value === null) return null
  if (typeof value === 'number') return fromNumber(value) ?? String(value)
  if (typeof value === 'boolean') return String(value)
  if (!Array.isArray(value)) return undefined
  return value.length === 0 ? null : merge((value as readonly JsonValue[]).map(textOf))
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
