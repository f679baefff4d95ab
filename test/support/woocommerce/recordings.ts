/** Exchanges with a real WooCommerce. They are not part of the project: tests find them beside the real feeds. */
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Json } from './shop-state.js'

export interface Recording {
  readonly name: string
  readonly note: string
  readonly request: {
    readonly method: string
    readonly path: string
    readonly headers: Readonly<Record<string, string>>
    readonly body?: Json
  }
  readonly response: {
    readonly status: number
    readonly headers: Readonly<Record<string, string>>
    readonly body: Json
  }
}

/**
 * The recordings, from `WHOLESALER_RECORDINGS`, else beside the folder of real feeds. Skips aloud without them,
 * and fails instead when `REQUIRE_FEEDS=1`.
 */
export function recordings(test: Mocha.Context): readonly Recording[] {
  const { WHOLESALER_RECORDINGS: named, WHOLESALER_FEEDS: feeds } = process.env
  const path = named ?? (feeds === undefined ? null : resolve(feeds, '../woocommerce-recordings.json'))
  if (path !== null && existsSync(path)) return JSON.parse(readFileSync(path, 'utf8'))
  if (process.env.REQUIRE_FEEDS === '1') {
    throw new Error(`REQUIRE_FEEDS=1, but there are no recordings at WHOLESALER_RECORDINGS=${path ?? '(not set)'}`)
  }
  console.error('      skipped: needs the recordings of a real shop in WHOLESALER_RECORDINGS')
  return test.skip()
}
