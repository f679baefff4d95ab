import type { Database, SqlValue } from '../../sqlite.js'

/** Rows per statement, in falling order: 64 at once cost 60 % of what they cost one by one; more gain nothing. */
const statementRows = [64, 8, 1] as const

/**
 * Rows of one table on their way into it, many with each statement: a product has a handful of attributes and
 * categories, a batch hundreds. Whoever adds rows calls `flush` before the table is read, and before the transaction
 * ends; after a rollback, `forget`.
 */
export class InsertQueue {
  readonly #database: Database
  readonly #columns: number
  readonly #statements: readonly { readonly sql: string; readonly values: number }[]
  #values: SqlValue[] = []

  /** `into` is a table with its columns: `tag (product_id, name)`. */
  constructor(database: Database, into: string) {
    this.#database = database
    this.#columns = into.split(',').length
    const row = `(${Array.from({ length: this.#columns }, () => '?').join(', ')})`
    this.#statements = statementRows.map((rows) => ({
      sql: `INSERT INTO ${into} VALUES ${Array.from({ length: rows }, () => row).join(', ')}`,
      values: rows * this.#columns,
    }))
  }

  /** One row: as many values as there are columns. */
  add(...row: SqlValue[]): void {
    for (const value of row) this.#values.push(value)
    if (this.#values.length >= statementRows[0] * this.#columns) this.flush()
  }

  /** Inserts what waits. */
  flush(): void {
    const waiting = this.#values
    this.#values = []
    let at = 0
    for (const { sql, values } of this.#statements) {
      for (; at + values <= waiting.length; at += values) {
        this.#database.prepare(sql).run(...waiting.slice(at, at + values))
      }
    }
  }

  /** What waits is not to be inserted any more. */
  forget(): void {
    this.#values = []
  }
}
