/** Records waiting for the rest of their group: in memory while they are few, else in a temporary database. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { FeedRecord } from '../feed/feed.js'
import { type Database, openDatabase, type Statement } from '../sqlite.js'

export interface Fragments {
  /** Adds a record to the group that bears one of the names; a record without names is a group of its own. */
  add(names: readonly string[], record: FeedRecord): void
  /** All groups by first appearance, their records in the order they came; at most `max` of each. */
  groups(max: number, onSurplus: (record: FeedRecord) => void): Iterable<readonly FeedRecord[]>
}

export class MemoryFragments implements Fragments {
  readonly #groups = new Map<number, { readonly order: number; readonly record: FeedRecord }[]>()
  readonly #byName = new Map<string, number>()
  readonly #added: { readonly names: readonly string[]; readonly record: FeedRecord }[] = []

  get size(): number {
    return this.#added.length
  }

  add(names: readonly string[], record: FeedRecord): void {
    const order = this.#added.push({ names, record })
    const known = [...new Set(names.flatMap((name) => this.#byName.get(name) ?? []))].sort((a, b) => a - b)
    const [group = order, ...others] = known
    const fragments = this.#groups.get(group) ?? []
    for (const other of others) this.#merge(other, group, fragments)
    fragments.push({ order, record })
    this.#groups.set(group, fragments)
    for (const name of names) this.#byName.set(name, group)
  }

  #merge(from: number, into: number, fragments: { readonly order: number; readonly record: FeedRecord }[]): void {
    fragments.push(...(this.#groups.get(from) ?? []))
    fragments.sort((a, b) => a.order - b.order)
    this.#groups.delete(from)
    for (const [name, group] of this.#byName) if (group === from) this.#byName.set(name, into)
  }

  *groups(max: number, onSurplus: (record: FeedRecord) => void): Generator<readonly FeedRecord[], void> {
    for (const [, fragments] of [...this.#groups].sort(([a], [b]) => a - b)) {
      for (const { record } of fragments.slice(max)) onSurplus(record)
      yield fragments.slice(0, max).map(({ record }) => record)
    }
  }

  /** Hands everything over, in the order it came, and is empty. */
  moveTo(other: Fragments): void {
    for (const { names, record } of this.#added) other.add(names, record)
    this.#added.length = 0
    this.#groups.clear()
    this.#byName.clear()
  }
}

const schema = `
  CREATE TABLE fragments (id INTEGER PRIMARY KEY, grp INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
  CREATE TABLE names (name TEXT PRIMARY KEY, grp INTEGER NOT NULL) STRICT, WITHOUT ROWID;
`

/** Records written in one transaction. */
const writeBatch = 500
/** Records read at once. */
const readBatch = 200
/** The page cache: what spilling may cost in memory. */
const cacheKib = 8 * 1024

interface FragmentRow {
  readonly id: number
  readonly grp: number
  readonly body: string
}

/**
 * The file has no name in the folder once it is open: whatever ends the process, the system takes it back. It is
 * written without journal, since nobody reads it again.
 */
export class SqliteFragments implements Fragments {
  readonly #database: Database
  readonly #waiting: { readonly names: readonly string[]; readonly record: FeedRecord }[] = []
  readonly #insert: Statement
  readonly #find: Statement<{ grp: number }>
  readonly #name: Statement
  #lastGroup = 0
  #last: { readonly name: string; readonly group: number } | null = null
  /** Every group's records stand next to each other so far: no index is needed to read them back. */
  #contiguous = true

  private constructor(database: Database) {
    this.#database = database
    this.#insert = database.prepare('INSERT INTO fragments (grp, body) VALUES (?, ?)')
    this.#find = database.prepare('SELECT grp FROM names WHERE name = ?')
    this.#name = database.prepare(
      'INSERT INTO names (name, grp) VALUES (?, ?) ON CONFLICT DO UPDATE SET grp = excluded.grp',
    )
  }

  static async open(dir: string): Promise<SqliteFragments> {
    mkdirSync(dir, { recursive: true, mode: 0o700 })
    const own = mkdtempSync(join(dir, 'groups-'))
    try {
      const database = await openDatabase(join(own, 'fragments.db'), { migrations: [schema], cacheKib })
      database.prepare('PRAGMA journal_mode = OFF').get()
      database.prepare('PRAGMA synchronous = OFF').get()
      return new SqliteFragments(database)
    } finally {
      rmSync(own, { recursive: true, force: true })
    }
  }

  add(names: readonly string[], record: FeedRecord): void {
    this.#waiting.push({ names, record })
    if (this.#waiting.length >= writeBatch) this.#write()
  }

  #write(): void {
    this.#database.transaction(() => {
      for (const { names, record } of this.#waiting) {
        const group = this.#groupOf(names)
        if (group < this.#lastGroup) this.#index()
        this.#lastGroup = Math.max(group, this.#lastGroup)
        this.#insert.run(group, JSON.stringify(record))
      }
    })
    this.#waiting.length = 0
  }

  #groupOf(names: readonly string[]): number {
    const [only] = names
    if (only === undefined) return this.#lastGroup + 1
    if (names.length === 1 && this.#last?.name === only) return this.#last.group
    const known = [...new Set(names.flatMap((name) => this.#find.get(name)?.grp ?? []))].sort((a, b) => a - b)
    const [group = this.#lastGroup + 1, ...others] = known
    for (const other of others) this.#merge(other, group)
    for (const name of names) this.#name.run(name, group)
    this.#last = { name: only, group }
    return group
  }

  #merge(from: number, into: number): void {
    this.#index()
    this.#database.prepare('UPDATE fragments SET grp = ? WHERE grp = ?').run(into, from)
    this.#database.prepare('UPDATE names SET grp = ? WHERE grp = ?').run(into, from)
  }

  #index(): void {
    if (!this.#contiguous) return
    this.#contiguous = false
    this.#database.prepare('CREATE INDEX fragments_by_group ON fragments (grp, id)').run()
    this.#database.prepare('CREATE INDEX names_by_group ON names (grp)').run()
  }

  *groups(max: number, onSurplus: (record: FeedRecord) => void): Generator<readonly FeedRecord[], void> {
    this.#write()
    let group: FeedRecord[] = []
    let current = 0
    for (const { grp, body } of this.#rows()) {
      if (grp !== current && group.length > 0) {
        yield group
        group = []
      }
      current = grp
      const record = JSON.parse(body) as FeedRecord
      if (group.length < max) group.push(record)
      else onSurplus(record)
    }
    if (group.length > 0) yield group
  }

  *#rows(): Generator<FragmentRow, void> {
    const where = this.#contiguous ? 'id > ?2 AND ?1 >= 0 ORDER BY id' : '(grp, id) > (?1, ?2) ORDER BY grp, id'
    const read = this.#database.prepare<FragmentRow>(
      `SELECT id, grp, body FROM fragments WHERE ${where} LIMIT ${readBatch}`,
    )
    let last = { grp: 0, id: 0 }
    for (;;) {
      const rows = read.all(last.grp, last.id)
      yield* rows
      const end = rows.at(-1)
      if (end === undefined) return
      last = end
    }
  }

  close(): void {
    this.#database.close()
  }
}
