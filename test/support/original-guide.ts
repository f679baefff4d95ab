import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { codeBlocks, projectRoot } from './project.js'

const name = 'ORIGINAL-GUIDE.md'

/**
 * The `bash` blocks of the original system's guide that speak to its API. The guide is not part of the project: it is
 * looked for beside the folder of real feeds, and beside the project in `shared/`. Tests skip aloud without it, and
 * fail instead when `REQUIRE_FEEDS=1`.
 */
export function guideBlocks(test: Mocha.Context): readonly string[] {
  const feeds = process.env.WHOLESALER_FEEDS
  const folders = [...(feeds === undefined ? [] : [dirname(feeds)]), join(projectRoot, '../shared')]
  const path = folders.map((folder) => join(folder, name)).find((candidate) => existsSync(candidate))
  if (path !== undefined) {
    return codeBlocks(readFileSync(path, 'utf8'), 'bash').filter((block) => block.includes('/wp-json/'))
  }
  if (process.env.REQUIRE_FEEDS === '1') throw new Error(`REQUIRE_FEEDS=1, but ${name} is not beside WHOLESALER_FEEDS`)
  console.error(`      skipped: ${name} is looked for beside the folder that WHOLESALER_FEEDS names`)
  return test.skip()
}
