/** Names with values: attributes of products and options of variants, from all the ways feeds write them. */
import { compileField, compileText } from './field.js'
import { type Scope, type Selectors, valuesOf } from './picked.js'
import type { Attribute } from './product.js'
import type { PairMap, PairSource } from './product-map.js'

export interface Pair {
  readonly name: string
  readonly values: readonly string[]
  /** Counts as an option only where variants of one product differ in it. */
  readonly varying: boolean
}

/** Pairs with a value, in order. `base` is where names are looked up that a continuation row leaves out. */
export type PairReader = (scope: Scope, base?: Scope) => readonly Pair[]

export function compilePairs(map: PairMap, selectors: Selectors): PairReader {
  const sources: readonly PairSource[] = isSources(map) ? map : [{ named: map }]
  const readers = sources.map((source) => sourceReader(source, selectors))
  const [only] = readers
  if (readers.length === 1 && only !== undefined) return only
  return (scope, base) => readers.flatMap((read) => read(scope, base))
}

function isSources(map: PairMap): map is readonly PairSource[] {
  return Array.isArray(map)
}

function sourceReader(source: PairSource, selectors: Selectors): PairReader {
  if ('named' in source) return namedReader(source, selectors)
  if ('entries' in source) return entriesReader(source, selectors)
  if ('each' in source) return eachReader(source, selectors)
  return twoFields(source, selectors)
}

function namedReader(
  { named, varying = false }: Extract<PairSource, { named: unknown }>,
  selectors: Selectors,
): PairReader {
  const fields = Object.entries(named).map(([name, map]) => [name, compileField(map, selectors)] as const)
  return (scope) =>
    fields.flatMap(([name, select]) => {
      const values = valuesOf(select(scope))
      return values.length === 0 ? [] : [{ name, values, varying }]
    })
}

function entriesReader(source: Extract<PairSource, { entries: string }>, selectors: Selectors): PairReader {
  const entries = selectors.entries(source.entries)
  const isLeftOut = nameFilter(source.except)
  const varying = source.varying === true
  return (scope) =>
    entries(scope).flatMap(([name, picked]) => {
      const values = valuesOf(picked)
      return values.length === 0 || isLeftOut(name) ? [] : [{ name, values, varying }]
    })
}

function eachReader(source: Extract<PairSource, { each: unknown }>, selectors: Selectors): PairReader {
  const paths = typeof source.each === 'string' ? [source.each] : source.each
  const finders = paths.map((path) => selectors.scopes(path))
  const nameOf = compileText(source.name, selectors)
  const valuesAt = compileField(source.value, selectors)
  const isLeftOut = nameFilter(source.except)
  const varying = source.varying === true
  return (scope) => {
    const pairs: Pair[] = []
    for (const find of finders) {
      for (const one of find(scope)) {
        const name = nameOf(one)
        if (name == null || isLeftOut(name)) continue
        const values = valuesOf(valuesAt(one))
        if (values.length > 0) pairs.push({ name, values, varying })
      }
    }
    return pairs
  }
}

type TwoFields = Extract<PairSource, { readonly ignore?: unknown }>

function twoFields(source: TwoFields, selectors: Selectors): PairReader {
  const nameOf = compileText(source.name, selectors)
  const valuesAt = compileField(source.value, selectors)
  const ignore = new Set(source.ignore)
  const varying = source.varying === true
  return (scope, base) => {
    const values = valuesOf(valuesAt(scope)).filter((value) => !ignore.has(value))
    if (values.length === 0) return []
    const name = nameOf(scope) ?? (base === undefined ? null : nameOf(base))
    return name == null ? [] : [{ name, values, varying }]
  }
}

function nameFilter(except: readonly string[] | undefined): (name: string) => boolean {
  if (except === undefined) return () => false
  const names = new Set(except.map((name) => name.toLowerCase()))
  return (name) => names.has(name.toLowerCase())
}

/** Attributes of one product: values of the same name together, each once. */
export function toAttributes(pairs: readonly Pair[]): readonly Attribute[] {
  const byName = new Map<string, string[]>()
  for (const { name, values } of pairs) {
    const known = byName.get(name)
    if (known === undefined) byName.set(name, [...new Set(values)])
    else for (const value of values) if (!known.includes(value)) known.push(value)
  }
  return [...byName].map(([name, values]) => ({ name, values }))
}
