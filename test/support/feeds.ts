import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'

/**
 * Path of a real feed. Real feeds are not part of the project: tests find them in the folder that
 * `WHOLESALER_FEEDS` names, skip aloud without it, and fail instead when `REQUIRE_FEEDS=1`.
 */
export function realFeed(test: Mocha.Context, name: string): string {
  const folder = process.env.WHOLESALER_FEEDS
  if (folder !== undefined && existsSync(join(folder, name))) return resolve(folder, name)
  if (process.env.REQUIRE_FEEDS === '1') {
    throw new Error(`REQUIRE_FEEDS=1, but ${name} is not in WHOLESALER_FEEDS=${folder ?? '(not set)'}`)
  }
  console.error(`      skipped: ${name} needs the folder of real feeds in WHOLESALER_FEEDS`)
  return test.skip()
}
