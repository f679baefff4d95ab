/** Names with values: attributes of products and options of variants, from all the ways feeds write them. */
import { compileField, compileText, isRule, RecordProblem } from './field.js'
import { type Scope, type Selectors, valuesOf } from './picked.js'
import type { Attribute } from './product.js'
import type { FieldMap, PairMap, PairSource } from './product-map.js'

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
  if ('text' in source) return textReader(source, selectors)
  return twoFields(source, selectors)
}

function namedReader(
  { named, varying = false }: Extract<PairSource, { named: unknown }>,
  selectors: Selectors,
): PairReader {
  const fields = Object.entries(named).map(([name, map]) => [name, compileField(map, selectors)] as const)
  return (scope) => {
    const pairs: Pair[] = []
    for (const [name, select] of fields) {
      const values = valuesOf(select(scope))
      if (values.length > 0) pairs.push({ name, values, varying })
    }
    return pairs
  }
}

function entriesReader(source: Extract<PairSource, { entries: string }>, selectors: Selectors): PairReader {
  const entries = selectors.entries(source.entries)
  const isMeant = nameFilter(source, selectors)
  const varying = source.varying === true
  return (scope, base) => {
    const pairs: Pair[] = []
    for (const [name, picked] of entries(scope)) {
      const values = valuesOf(picked)
      if (values.length > 0 && isMeant(name, base ?? scope)) pairs.push({ name, values, varying })
    }
    return pairs
  }
}

function eachReader(source: Extract<PairSource, { each: unknown }>, selectors: Selectors): PairReader {
  const paths = typeof source.each === 'string' ? [source.each] : source.each
  const finders = paths.map((path) => selectors.scopes(path))
  const nameOf = compileText(source.name, selectors)
  const valuesAt = compileField(source.value, selectors)
  const isMeant = nameFilter(source, selectors)
  const varying = source.varying === true
  return (scope, base) => {
    const pairs: Pair[] = []
    for (const find of finders) {
      for (const one of find(scope)) {
        const name = nameOf(one)
        if (name == null || !isMeant(name, base ?? scope)) continue
        const values = valuesOf(valuesAt(one))
        if (values.length > 0) pairs.push({ name, values, varying })
      }
    }
    return pairs
  }
}

function textReader(source: Extract<PairSource, { text: unknown }>, selectors: Selectors): PairReader {
  const textAt = compileField(source.text, selectors)
  const { between, sign, values: separator } = source
  const isMeant = nameFilter(source, selectors)
  const varying = source.varying === true
  return (scope, base) => {
    const pairs = valuesOf(textAt(scope)).flatMap((text) => splitPairs(text, between, sign))
    return pairs.flatMap(({ name, value }) => {
      const values = (separator === undefined ? [value] : value.split(separator)).map((one) => one.trim())
      const filled = values.filter((one) => one !== '')
      return filled.length === 0 || !isMeant(name, base ?? scope) ? [] : [{ name, values: filled, varying }]
    })
  }
}

function splitPairs(text: string, between: string, sign: string): { name: string; value: string }[] {
  const pairs: { name: string; value: string }[] = []
  for (const piece of text.split(between)) {
    const at = piece.indexOf(sign)
    const last = pairs.at(-1)
    if (at > 0) pairs.push({ name: piece.slice(0, at).trim(), value: piece.slice(at + sign.length) })
    else if (last !== undefined) last.value += between + piece
  }
  return pairs
}

type TwoFields = Extract<PairSource, { readonly ignore?: unknown }>

function twoFields(source: TwoFields, selectors: Selectors): PairReader {
  const namesAt = compileField(source.name, selectors)
  const valuesAt = compileField(source.value, selectors)
  const ignore = new Set(source.ignore)
  const varying = source.varying === true
  const areLists = isRule(source.name) && source.name.split !== undefined
  return (scope, base) => {
    const values = valuesOf(valuesAt(scope)).filter((value) => !ignore.has(value))
    if (values.length === 0) return []
    const own = valuesOf(namesAt(scope))
    const names = own.length > 0 || base === undefined ? own : valuesOf(namesAt(base))
    if (areLists) return paired(names, values, varying)
    const [name] = names
    return name === undefined ? [] : [{ name, values, varying }]
  }
}

/** Lists of different lengths do not tell which value is whose. */
function paired(names: readonly string[], values: readonly string[], varying: boolean): readonly Pair[] {
  if (names.length !== values.length) {
    const reason = `${names.length} options (${names.join(', ')}) have ${values.length} values (${values.join(', ')})`
    throw new RecordProblem('uneven_options', reason)
  }
  return names.map((name, index) => ({ name, values: [values[index] ?? ''], varying }))
}

type NameFilter = (name: string, product: Scope) => boolean

/** By the names that the map leaves out, and those that the product lists. */
function nameFilter(
  { except = [], only }: { readonly except?: readonly string[] | undefined; readonly only?: FieldMap | undefined },
  selectors: Selectors,
): NameFilter {
  const leftOut = new Set(except.map((name) => name.toLowerCase()))
  if (only === undefined) return (name) => !leftOut.has(name.toLowerCase())
  const listAt = compileField(only, selectors)
  let last: { readonly node: unknown; readonly names: ReadonlySet<string> } | null = null
  return (name, { node, up }) => {
    // All variants of a product ask for the same list, one after the other.
    if (last?.node !== node) {
      last = { node, names: new Set(valuesOf(listAt({ node, up })).map((one) => one.toLowerCase())) }
    }
    const folded = name.toLowerCase()
    return last.names.has(folded) && !leftOut.has(folded)
  }
}

/** Attributes of one product: values of the same name together, each once. */
export function toAttributes(pairs: readonly Pair[]): readonly Attribute[] {
  const byName = new Map<string, string[]>()
  const attributes: Attribute[] = []
  for (const { name, values } of pairs) {
    let known = byName.get(name)
    if (known === undefined) {
      known = []
      byName.set(name, known)
      attributes.push({ name, values: known })
    }
    for (const value of values) if (!known.includes(value)) known.push(value)
  }
  return attributes
}
