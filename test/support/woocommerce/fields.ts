/** The parameter `_fields`, with the traps it has in batches. */
import { isObject } from './product-input.js'
import type { Json, JsonObject } from './shop-state.js'

/** Only the fields asked for. `_links` stay with an answer about one thing, brands too where a batch creates. */
export function withFields(body: Json, fields: string | null, kind: 'one' | 'list' | 'batch'): Json {
  if (fields === null) return body
  const wanted = new Set(fields.split(',').map((field) => field.trim()))
  if (kind === 'batch') return batchFields(body, wanted)
  if (Array.isArray(body)) return body.map((item) => (isObject(item) ? picked(item, wanted) : item))
  if (!isObject(body)) return body
  return picked(body, wanted, body.meta_data === undefined ? [] : ['_links'])
}

/** Lists are named as well as what their items have; updated and deleted items come whole. */
function batchFields(body: Json, wanted: ReadonlySet<string>): Json {
  if (!isObject(body)) return body
  const result: Record<string, Json> = {}
  for (const [name, items] of Object.entries(body)) {
    if (!Array.isArray(items)) continue
    if (wanted.has(name)) {
      result[name] = name === 'create' ? items.map((item) => created(item, wanted)) : items
    } else if ([...wanted].some((field) => field.startsWith(`${name}.`))) {
      result[name] = []
    }
  }
  return result
}

function created(item: Json, wanted: ReadonlySet<string>): Json {
  if (!isObject(item) || item.error !== undefined) return item
  return picked(item, wanted, item.type === 'variation' ? ['_links'] : ['brands', '_links'])
}

/** `a.b` asks for one field of an inner object. */
function picked(item: JsonObject, wanted: ReadonlySet<string>, always: readonly string[] = []): JsonObject {
  const result: Record<string, Json> = {}
  for (const [name, value = null] of Object.entries(item)) {
    const inner = [...wanted]
      .filter((field) => field.startsWith(`${name}.`))
      .map((field) => field.slice(name.length + 1))
    if (wanted.has(name) || always.includes(name)) result[name] = value
    else if (inner.length > 0 && isObject(value)) result[name] = picked(value, new Set(inner))
  }
  return result
}
