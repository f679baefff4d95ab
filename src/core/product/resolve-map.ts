/** The map in use: that of the preset with the config's fields over it, checked against the feed. */
import { WholesalerError } from '../errors.js'
import { isRule, pathsOf } from './field.js'
import type { FeedLook, Preset } from './presets/preset.js'
import type { FieldMap, ProductMap } from './product-map.js'
import { nearest } from './product-map.js'
import { selectorsFor } from './selector.js'

/**
 * Throws `config` when there is no field for name or key, and for CSV columns that the config names and the feed
 * lacks: renamed columns end a run before anything is written, they do not empty a field of every product.
 */
export function resolveMap(look: FeedLook, preset: Preset | null, said: ProductMap | undefined): ProductMap {
  const fromPreset = typeof preset?.map === 'function' ? preset.map(look) : (preset?.map ?? {})
  const map = mergeMaps(fromPreset, said ?? {})
  if (said !== undefined) checkColumns(look, said)
  if (!isThere(look, map.name)) throw noField(look, preset, 'name')
  const isGrouped = [map.group, map.continues].some((field) => field !== undefined)
  if (![map.key, map.sku, map.id].some((field) => isThere(look, field)) && !isGrouped)
    throw noField(look, preset, 'sku')
  return map
}

function mergeMaps(preset: ProductMap, said: ProductMap): ProductMap {
  const merged: ProductMap = { ...preset, ...withoutUndefined(said) }
  if (preset.variants === undefined || said.variants === undefined) return merged
  return { ...merged, variants: { ...preset.variants, ...withoutUndefined(said.variants) } }
}

function withoutUndefined<T extends object>(map: T): Partial<T> {
  return Object.fromEntries(Object.entries(map).filter(([, value]) => value !== undefined)) as Partial<T>
}

/** Whether a field can have a value in this feed. */
function isThere({ shape }: FeedLook, field: FieldMap | undefined): boolean {
  if (field === undefined) return false
  const selectors = selectorsFor({ ...shape, format: shape.format === 'csv' ? 'csv' : 'json' })
  return hasConstant(field) || pathsOf(field).some((path) => selectors.has(path))
}

function hasConstant(field: FieldMap): boolean {
  if (typeof field === 'string') return false
  if (isRule(field)) return field.value !== undefined || field.default !== undefined
  return field.some((one) => typeof one !== 'string' && hasConstant(one))
}

/** Fields whose value is a field map, at both levels. */
export function* fieldsOf(map: object, at: string): Generator<readonly [path: string, field: FieldMap]> {
  for (const [name, value] of Object.entries(map)) {
    if (value === undefined || typeof value === 'boolean' || ignored.has(name)) continue
    if (name === 'variants') yield* fieldsOf(value as object, `${at}.${name}`)
    else if (isNamed(name, value)) yield* fieldsOf(value, `${at}.${name}`)
    else if (name === 'group' && typeof value === 'object' && 'key' in value) yield* fieldsOf(value, `${at}.group`)
    else if (!pairFields.has(name)) yield [`${at}.${name}`, value as FieldMap]
  }
}

const ignored: ReadonlySet<string> = new Set(['imageBase', 'stockUnlimited', 'each', 'skuParts'])
const pairFields: ReadonlySet<string> = new Set(['attributes', 'options'])

function isNamed(name: string, value: unknown): value is Readonly<Record<string, FieldMap>> {
  return pairFields.has(name) && typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Throws `config` for columns that a map names and a CSV feed lacks. */
export function checkColumns(look: FeedLook, said: ProductMap, place = 'map'): void {
  if (look.shape.format !== 'csv') return
  for (const [at, field] of fieldsOf(said, place)) {
    const paths = pathsOf(field)
    if (paths.length === 0 || isThere(look, field)) continue
    const columns = look.shape.columns ?? []
    const near = nearest(paths[0] ?? '', columns)
    throw new WholesalerError({
      kind: 'config',
      message: `${at} names the column ${paths.map(quoted).join(' or ')}, which the feed does not have`,
      hint: `${near === null ? '' : `Did you mean ${quoted(near)}? `}Columns: ${listed(columns)}.`,
      place: { field: at },
    })
  }
}

function noField({ shape, first }: FeedLook, preset: Preset | null, field: 'name' | 'sku'): WholesalerError {
  const names = shape.format === 'csv' ? (shape.columns ?? []) : namesOf(first[0]?.data)
  const what = field === 'name' ? 'a name' : 'a SKU or id'
  return new WholesalerError({
    kind: 'config',
    message:
      preset === null
        ? `no preset fits this feed, and the mapping has no field for ${what}`
        : `the preset ${preset.name} finds no field for ${what} in this feed`,
    hint: `Say it in the config: map: { ${field}: '…' }, or name a preset. The feed has: ${listed(names)}.`,
    place: { field: `map.${field}` },
  })
}

function namesOf(data: unknown): readonly string[] {
  if (typeof data !== 'object' || data === null) return []
  const { attributes, children } = data as { readonly attributes?: object; readonly children?: readonly unknown[] }
  if (attributes === undefined || !Array.isArray(children)) return Object.keys(data)
  const elements = children.flatMap((child) => (typeof child === 'string' ? [] : [(child as { name: string }).name]))
  return [...new Set([...Object.keys(attributes).map((name) => `@${name}`), ...elements])]
}

/** Names that fit into a message. */
const listedMax = 30

function listed(names: readonly string[]): string {
  const shown = names.slice(0, listedMax).join(', ')
  return names.length > listedMax ? `${shown} and ${names.length - listedMax} more` : shown
}

function quoted(name: string): string {
  return `"${name}"`
}
