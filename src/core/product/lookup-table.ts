/** Values by key: in memory while they are few, else in a temporary database that ends with the process. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Database, openDatabase, type Statement } from '../sqlite.js'

/** Some megabytes of short texts; of whole records some tens. */
const inMemoryMaxDefault = 10_000
/** Values written in one transaction. */
const writeBatch = 500
/** The page cache: what spilling may cost in memory. */
const cacheKib = 8 * 1024

const schema =
  'CREATE TABLE entry (key TEXT NOT NULL, id INTEGER NOT NULL, value TEXT NOT NULL, PRIMARY KEY (key, id)) STRICT, WITHOUT ROWID;'

export interface LookupTableOptions {
  /** Folder for the temporary database. */
  readonly spillDir: string
  readonly inMemoryMax?: number
}

export class LookupTable {
  readonly #options: LookupTableOptions
  readonly #waiting = new Map<string, string[]>()
  #size = 0
  #written = 0
  #database: Database | null = null
  #find: Statement<{ value: string }> | null = null

  constructor(options: LookupTableOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#size
  }

  /** One more value of a key. Call `settle` now and then. */
  add(key: string, value: string): void {
    const known = this.#waiting.get(key)
    if (known === undefined) this.#waiting.set(key, [value])
    else known.push(value)
    this.#size += 1
  }

  /** Moves what memory should not hold to the database. To be called between chunks, and before the first look. */
  async settle(): Promise<void> {
    const { inMemoryMax = inMemoryMaxDefault, spillDir } = this.#options
    if (this.#database === null && this.#size <= inMemoryMax) return
    this.#database ??= await openSpill(spillDir)
    if (this.#size - this.#written >= writeBatch) this.#write(this.#database)
  }

  #write(database: Database): void {
    const insert = database.prepare('INSERT INTO entry (key, id, value) VALUES (?, ?, ?)')
    database.transaction(() => {
      for (const [key, values] of this.#waiting) {
        for (const value of values) {
          this.#written += 1
          insert.run(key, this.#written, value)
        }
      }
    })
    this.#waiting.clear()
  }

  /** All values of a key, in the order they came. */
  values(key: string): readonly string[] {
    if (this.#database === null) return this.#waiting.get(key) ?? []
    if (this.#waiting.size > 0) this.#write(this.#database)
    this.#find ??= this.#database.prepare<{ value: string }>('SELECT value FROM entry WHERE key = ? ORDER BY id')
    return this.#find.all(key).map(({ value }) => value)
  }

  close(): void {
    this.#database?.close()
    this.#database = null
    this.#waiting.clear()
  }
}

/** The file has no name once it is open: whatever ends the process, the system takes it back. */
async function openSpill(dir: string): Promise<Database> {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const own = mkdtempSync(join(dir, 'lookup-'))
  try {
    const database = await openDatabase(join(own, 'lookup.db'), { migrations: [schema], cacheKib })
    database.prepare('PRAGMA journal_mode = OFF').get()
    database.prepare('PRAGMA synchronous = OFF').get()
    return database
  } finally {
    rmSync(own, { recursive: true, force: true })
  }
}
