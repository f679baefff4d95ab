/** Fields: a path or rule of a mapping, compiled to a function that takes text from a record. */
import { add, type DecimalFormat, multiply, parseDecimal } from './decimal.js'
import { firstOf, fromValues, merge, type Picked, type Scope, type Select, type Selectors, valuesOf } from './picked.js'
import type { Decimal } from './product.js'
import type { FieldMap, FieldRule } from './product-map.js'

/** A value that makes its record a reject. Thrown while one record is mapped, and caught there. */
export class RecordProblem extends Error {
  readonly code: string
  readonly field: string | undefined

  constructor(code: string, reason: string, field?: string) {
    super(reason)
    this.code = code
    this.field = field
  }
}

/** Makes a field ready. Wrong regular expressions and paths throw a `RangeError` or `SyntaxError`. */
export function compileField(map: FieldMap, selectors: Selectors): Select {
  if (typeof map === 'string') return selectors.text(map)
  if (isRule(map)) return compileRule(map, selectors)
  return firstValue(map.map((one) => compileField(one, selectors)))
}

export function isRule(map: FieldMap): map is FieldRule {
  return typeof map === 'object' && !Array.isArray(map)
}

/** How the numbers of a field are written, when it says. */
export function numberFormatOf(map: FieldMap): DecimalFormat | null {
  if (typeof map === 'string') return null
  const rules = isRule(map) ? [map] : map
  for (const rule of rules) if (typeof rule !== 'string' && rule.number !== undefined) return rule.number
  return null
}

/** All paths a field looks at. */
export function pathsOf(map: FieldMap): readonly string[] {
  if (typeof map === 'string') return [map]
  if (!isRule(map)) return map.flatMap(pathsOf)
  const from = map.from === undefined ? [] : typeof map.from === 'string' ? [map.from] : map.from
  return [...from, ...(map.all ?? []).flatMap(pathsOf)]
}

/** The first that has a value; else blank when one is blank, else absent. */
function firstValue(selects: readonly Select[]): Select {
  const [only] = selects
  if (selects.length === 1 && only !== undefined) return only
  return (scope) => {
    let blank: null | undefined
    for (const select of selects) {
      const picked = select(scope)
      if (picked != null) return picked
      if (picked === null) blank = null
    }
    return blank
  }
}

/** What becomes of the values of a field, one step after the other. */
type Step = (values: readonly string[]) => readonly string[]

function compileRule(rule: FieldRule, selectors: Selectors): Select {
  const source = compileSource(rule, selectors)
  const steps = compileSteps(rule, selectors)
  const fallback = rule.default
  // What is there but not of this kind says nothing about the field: absent, not blank.
  const none = [rule.match, rule.date, rule.table].some((step) => step !== undefined) ? undefined : null
  if (steps.length === 0 && fallback === undefined) return source
  return (scope) => {
    let picked = source(scope)
    if (picked != null && steps.length > 0) {
      let values = valuesOf(picked)
      for (const step of steps) values = step(values)
      picked = values.length === 0 ? none : fromValues(values)
    }
    return picked ?? fallback ?? picked
  }
}

function compileSource(rule: FieldRule, selectors: Selectors): Select {
  if (rule.value !== undefined) {
    const { value } = rule
    return () => value
  }
  if (rule.all !== undefined) {
    const selects = rule.all.map((one) => compileField(one, selectors))
    return (scope: Scope): Picked => merge(selects.map((select) => select(scope)))
  }
  if (rule.from === undefined) return () => undefined
  return firstValue((typeof rule.from === 'string' ? [rule.from] : rule.from).map((path) => selectors.text(path)))
}

function compileSteps(rule: FieldRule, selectors: Selectors): readonly Step[] {
  const steps: Step[] = []
  if (rule.split !== undefined) steps.push(splitter(rule.split))
  if (typeof rule.first === 'string') steps.push(each(partBefore(rule.first)))
  if (rule.match !== undefined) steps.push(each(matcher(rule.match)))
  if (rule.replace !== undefined) steps.push(each(replacer(rule.replace)))
  if (rule.lookup !== undefined) steps.push(each(translator(rule.lookup)))
  if (rule.table !== undefined) {
    const { table } = rule
    steps.push((values) => values.flatMap((key) => selectors.valuesIn?.(table, key) ?? []))
  }
  if (rule.date !== undefined) steps.push(each(dateReader(rule.date)))
  if (rule.times !== undefined) steps.push(each(multiplier(rule.times, rule.number ?? 'auto')))
  if (rule.first === true) steps.push((values) => values.slice(0, 1))
  if (rule.sum === true) steps.push(adder(rule.number ?? 'auto'))
  if (rule.join !== undefined) {
    const { join } = rule
    steps.push((values) => (values.length > 1 ? [values.join(join)] : values))
  }
  return steps
}

/** Applies `change` to every value; null and blank results are dropped. */
function each(change: (value: string) => string | null): Step {
  return (values) => {
    const changed: string[] = []
    for (const value of values) {
      const text = change(value)?.trim()
      if (text !== undefined && text !== '') changed.push(text)
    }
    return changed
  }
}

function splitter(separators: string | readonly string[]): Step {
  const alternatives = (typeof separators === 'string' ? [separators] : separators).map(escapeRegExp).join('|')
  const separator = new RegExp(`(?<!\\\\)(?:${alternatives})`)
  const escaped = new RegExp(`\\\\(${alternatives})`, 'g')
  return (values) =>
    values.flatMap((value) =>
      value
        .split(separator)
        .map((part) => part.replace(escaped, '$1').trim())
        .filter((part) => part !== ''),
    )
}

export function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
}

function partBefore(separator: string): (value: string) => string {
  return (value) => {
    const at = value.indexOf(separator)
    return at < 0 ? value : value.slice(0, at)
  }
}

function matcher(pattern: string): (value: string) => string | null {
  const regExp = new RegExp(pattern, 'u')
  return (value) => {
    const match = regExp.exec(value)
    return match === null ? null : (match[1] ?? match[0])
  }
}

function replacer([pattern, replacement]: readonly [string, string]): (value: string) => string {
  const regExp = new RegExp(pattern, 'gu')
  return (value) => value.replace(regExp, replacement)
}

function translator(words: Readonly<Record<string, string>>): (value: string) => string {
  const byWord = new Map(Object.entries(words))
  return (value) => byWord.get(value) ?? value
}

const dateParts: Readonly<Record<string, string>> = { YYYY: '\\d{4}', MM: '\\d{1,2}', DD: '\\d{1,2}' }

function dateReader(format: string): (value: string) => string | null {
  const order: string[] = []
  const body = escapeRegExp(format).replace(/YYYY|MM|DD/g, (part) => {
    order.push(part)
    const pattern = dateParts[part] ?? ''
    return `(${/[^A-Z]/.test(format) ? pattern : pattern.replace('1,2', '2')})`
  })
  const regExp = new RegExp(`^${body}`)
  return (value) => {
    const match = regExp.exec(value)
    if (match === null) return null
    const part = (name: string) => Number(match[order.indexOf(name) + 1] ?? '1')
    const date = new Date(Date.UTC(part('YYYY'), part('MM') - 1, part('DD')))
    const valid = date.getUTCMonth() === part('MM') - 1 && date.getUTCDate() === part('DD')
    return valid ? date.toISOString().slice(0, 'YYYY-MM-DD'.length) : null
  }
}

/** What is no number stays as it is, to be refused by who needs one. */
function multiplier(factor: string, format: DecimalFormat): (value: string) => string {
  const by = parseDecimal(factor, 'point')
  if (by === null) throw new RangeError(`times: ${factor} is not a number`)
  return (value) => {
    const decimal = parseDecimal(value, format)
    return decimal === null ? value : multiply(decimal, by)
  }
}

function adder(format: DecimalFormat): Step {
  return (values) => {
    let total = '0' as Decimal
    for (const value of values) {
      const decimal = parseDecimal(value, format)
      if (decimal === null) throw new RecordProblem('bad_number', `"${value.slice(0, 40)}" is not a number`)
      total = add(total, decimal)
    }
    return [total]
  }
}

/** One text: the first of several values. */
export function compileText(map: FieldMap, selectors: Selectors): (scope: Scope) => string | null | undefined {
  const select = compileField(map, selectors)
  return (scope) => firstOf(select(scope))
}
