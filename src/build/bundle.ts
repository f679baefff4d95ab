/**
 * Puts the modules of the program together: a start loads some dozen files instead of some two hundred, each of which takes a
 * third of a millisecond. What is asked for by its name stays where the compiler put it: commands, threads, what belongs to
 * the library. What they share goes to `dist/chunks`. Packages are not touched. Run after the compiler and `write-manifest`.
 */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'esbuild'
import { packageRoot } from '../core/package-files.js'

const dist = join(packageRoot, 'dist')

/** Loaded by `bin/run.js`, or run by themselves: `programPath`. */
const programs = ['cli/main.js', 'cli/quick-status.js', 'core/map-feed-thread.js', 'core/images/decoder-process.js']

async function commandFiles(): Promise<readonly string[]> {
  const files = await readdir(join(dist, 'commands'), { recursive: true })
  return files.filter((file) => file.endsWith('.js')).map((file) => join('commands', file))
}

const entries = [...programs, ...(await commandFiles())]

await build({
  entryPoints: entries.map((file) => join(dist, file)),
  outdir: dist,
  outbase: dist,
  allowOverwrite: true,
  bundle: true,
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  logLevel: 'warning',
})
