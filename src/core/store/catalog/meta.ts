/** Single values of the catalog: its identity and its currency. */
import type { Database } from '../../sqlite.js'

export type MetaName = 'identity' | 'currency'

export function readMeta(database: Database, name: MetaName): string | null {
  return database.prepare<{ value: string }>('SELECT value FROM meta WHERE name = ?').get(name)?.value ?? null
}

export function writeMeta(database: Database, name: MetaName, value: string): void {
  database
    .prepare('INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value')
    .run(name, value)
}
