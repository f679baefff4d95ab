/**
 * What has changed between two feeds, product by product, as an import would see it. Both are mapped into a database
 * that is thrown away, so that memory stays flat however large they are and in whatever order they list products.
 */
import { join } from 'node:path'
import type { FeedSummary, StagedChunk } from './ledger/ledger.js'
import { parseBody } from './product/fingerprint.js'
import type { Product } from './product/product.js'
import { type Database, openDatabase } from './sqlite.js'
import { type StagePorts, stageFeed } from './stage-feed.js'
import type { Wholesaler } from './wholesaler.js'

export interface FeedDiff {
  readonly old: FeedSummary
  readonly new: FeedSummary
  readonly added: number
  readonly removed: number
  readonly changed: number
  readonly unchanged: number
  /** In how many of the changed products each field differs (`variants.price`), most often first. */
  readonly changedFields: ReadonlyMap<string, number>
  /** The first differences, in the order of the feeds: changed and added ones of the new, then removed ones. */
  readonly products: readonly ProductDiff[]
}

export interface ProductDiff {
  readonly change: 'added' | 'removed' | 'changed'
  readonly key: string
  readonly sku: string | null
  readonly name: string
  /** Empty unless it has changed. */
  readonly fields: readonly FieldDiff[]
}

/** Values as JSON has them; null where the product says nothing. */
export interface FieldDiff {
  readonly field: string
  readonly old: unknown
  readonly new: unknown
}

export interface DiffOptions {
  readonly allowPrivateHosts: readonly string[]
  readonly signal: AbortSignal
  /** Most differences that are told in full. */
  readonly limit: number
}

/** Rows compared at once. */
const pageSize = 500

/** `ports.ledger` and `ports.stateDir` are thrown away afterwards. Throws the first feed's error that cannot be read. */
export async function diffFeeds(
  [before, after]: readonly [Wholesaler, Wholesaler],
  ports: Omit<StagePorts, 'onReject' | 'onRepair'>,
  options: DiffOptions,
): Promise<FeedDiff> {
  const database = await openDatabase(join(ports.stateDir, 'diff.db'), { migrations: tables })
  try {
    const read = async (wholesaler: Wholesaler, table: Table) => {
      const { feed } = await stageFeed(
        wholesaler,
        { ...ports, onReject: () => {} },
        {
          ...options,
          remap: true,
          checksum: true,
          allowShrink: true,
          dryRun: true,
          onProducts: (chunk) => keep(database, table, chunk),
        },
      )
      return feed
    }
    const [old, next] = [await read(before, 'old'), await read(after, 'new')]
    return { old, new: next, ...(await compareAll(database, options)) }
  } finally {
    database.close()
  }
}

type Table = 'old' | 'new'

const tables: readonly string[] = [
  (['old', 'new'] as const)
    .map(
      (name) => `
  CREATE TABLE "${name}" (
    id INTEGER PRIMARY KEY,            -- order of the feed
    key TEXT NOT NULL UNIQUE,
    mark TEXT NOT NULL,                -- its fingerprints
    body TEXT NOT NULL
  ) STRICT;`,
    )
    .join(''),
]

/** A repeated key: the last one counts, as in an import. */
function keep(database: Database, table: Table, chunk: StagedChunk): void {
  const insert = database.prepare(
    `INSERT INTO "${table}" (key, mark, body) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET mark = excluded.mark, body = excluded.body`,
  )
  const bodies = Buffer.from(chunk.bodies.buffer, chunk.bodies.byteOffset, chunk.bodies.byteLength)
  database.transaction(() => {
    let at = 0
    for (const { key, content, offer, images, bytes } of chunk.rows) {
      insert.run(key, `${content} ${offer} ${images}`, bodies.toString('utf8', at, at + bytes))
      at += bytes
    }
  })
}

interface Pair {
  readonly id: number
  readonly old: string | null
  readonly new: string
}

async function compareAll(database: Database, { limit, signal }: DiffOptions) {
  const counts = { added: 0, removed: 0, changed: 0, unchanged: 0 }
  const fields = new Map<string, number>()
  const products: ProductDiff[] = []
  const tell = (diff: ProductDiff) => {
    counts[diff.change] += 1
    const named = new Set(diff.fields.map(({ field }) => field.replace(/\[.*\]/s, '')))
    for (const field of named) fields.set(field, (fields.get(field) ?? 0) + 1)
    if (products.length < limit) products.push(diff)
  }

  const pairs = database.prepare<Pair & { same: number | null }>(`
    SELECT n.id, n.body AS new, o.body AS old, o.mark = n.mark AS same FROM "new" n LEFT JOIN "old" o ON o.key = n.key
    WHERE n.id > ? ORDER BY n.id LIMIT ?`)
  await eachPage(pairs, signal, (pair) => {
    const product = parseBody(pair.new)
    if (pair.old === null) tell(diffOf('added', product))
    else {
      // Fingerprints say that something differs; a hint for the shop alone, such as a line, is none.
      const changed = pair.same === 1 ? [] : fieldDiffs(parseBody(pair.old), product)
      if (changed.length === 0) counts.unchanged += 1
      else tell({ ...diffOf('changed', product), fields: changed })
    }
  })
  const gone = database.prepare<{ id: number; body: string }>(`
    SELECT o.id, o.body FROM "old" o WHERE o.id > ? AND NOT EXISTS (SELECT 1 FROM "new" n WHERE n.key = o.key)
    ORDER BY o.id LIMIT ?`)
  await eachPage(gone, signal, ({ body }) => tell(diffOf('removed', parseBody(body))))

  const changedFields = new Map([...fields].sort(([, a], [, b]) => b - a))
  return { ...counts, changedFields, products }
}

async function eachPage<R extends { readonly id: number }>(
  page: { all(after: number, size: number): readonly R[] },
  signal: AbortSignal,
  visit: (row: R) => void,
): Promise<void> {
  for (let after = 0; ; ) {
    const rows = page.all(after, pageSize)
    for (const row of rows) visit(row)
    signal.throwIfAborted()
    const last = rows.at(-1)
    if (last === undefined) return
    after = last.id
  }
}

function diffOf(change: ProductDiff['change'], { key, sku, name }: Product): ProductDiff {
  return { change, key, sku: sku ?? null, name, fields: [] }
}

/** Field by field; attributes and variants are compared by their names and keys: `variants[KEY].price`. */
function fieldDiffs(before: Product, after: Product): readonly FieldDiff[] {
  const { variants: were, attributes: had = [], ...was } = before
  const { variants: are, attributes: has = [], ...is } = after
  return [
    ...differing(was, is),
    ...byKey(
      'attributes',
      had.map(({ name, values }) => [name, values]),
      has.map(({ name, values }) => [name, values]),
    ),
    ...byKey(
      'variants',
      were.map((variant) => [variant.key, variant]),
      are.map((variant) => [variant.key, variant]),
    ).flatMap(({ field, old, new: next }): readonly FieldDiff[] => {
      if (old === null || next === null) return [{ field, old, new: next }]
      return differing(old as object, next as object).map((diff) => ({ ...diff, field: `${field}.${diff.field}` }))
    }),
  ]
}

/** Things that have names of their own, in whatever order. */
function byKey(
  list: string,
  before: readonly (readonly [key: string, value: unknown])[],
  after: readonly (readonly [key: string, value: unknown])[],
): readonly FieldDiff[] {
  const [was, is] = [new Map(before), new Map(after)]
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((key): readonly FieldDiff[] => {
    const [old, next] = [was.get(key) ?? null, is.get(key) ?? null]
    return JSON.stringify(old) === JSON.stringify(next) ? [] : [{ field: `${list}[${key}]`, old, new: next }]
  })
}

function differing(before: object, after: object): readonly FieldDiff[] {
  const [was, is] = [new Map(Object.entries(before)), new Map(Object.entries(after))]
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((field): readonly FieldDiff[] => {
    const [old, next] = [was.get(field) ?? null, is.get(field) ?? null]
    return JSON.stringify(old) === JSON.stringify(next) ? [] : [{ field, old, new: next }]
  })
}
