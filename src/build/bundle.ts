/**
 * Puts the modules of the program together: a start loads a few files instead of some two hundred, each of which takes a
 * third of a millisecond. What is asked for by its name stays where the compiler put it: commands, threads, what belongs to
 * the library. What they share goes to `dist/chunks`. Packages are not touched. Run after the compiler and `write-manifest`.
 */
import { readdir } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import { type GetModuleInfo, rollup } from 'rollup'
import { packageRoot } from '../core/package-files.js'

const dist = join(packageRoot, 'dist')

/** Loaded by `bin/run.js`, or run by themselves: `programPath`. */
const programs = ['cli/main.js', 'cli/quick-status.js', 'core/map-feed-thread.js', 'core/images/decoder-process.js']

/**
 * Chunks that are made by hand, of these modules and all that they import, in this order: what stands in one is in none
 * behind it. Left to itself, Rollup gives each set of modules that the same commands share a chunk: that makes dozens.
 */
const chunks: Readonly<Record<string, readonly string[]>> = {
  /** What any command loads, if only to print its help. */
  start: ['cli/base-command.js'],
  /** What an import loads that finds nothing to do. */
  import: [
    'cli/run-import-command.js',
    'cli/progress/plain-progress.js',
    'core/jobs/lowdb-job-store.js',
    'core/ledger/sqlite-ledger.js',
    'core/store/catalog/catalog-store.js',
  ],
}

async function commandFiles(): Promise<readonly string[]> {
  const files = await readdir(join(dist, 'commands'), { recursive: true })
  return files.filter((file) => file.endsWith('.js')).map((file) => join('commands', file))
}

/** Names the chunk of each module that has one. */
function chunkNames(getModuleInfo: GetModuleInfo): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  const name = (id: string, chunk: string): void => {
    const module = getModuleInfo(id)
    if (module === null || module.isExternal || module.isEntry || names.has(id)) return
    names.set(id, chunk)
    for (const imported of module.importedIds) name(imported, chunk)
  }
  for (const [chunk, files] of Object.entries(chunks)) {
    for (const file of files) {
      const id = join(dist, file)
      if (getModuleInfo(id) === null) throw new Error(`the program has no ${file}`)
      name(id, chunk)
    }
  }
  return names
}

const entries = [...programs, ...(await commandFiles())]
const bundle = await rollup({
  input: Object.fromEntries(entries.map((file) => [file.replace(/\.js$/, ''), join(dist, file)])),
  external: (id) => !id.startsWith('.') && !isAbsolute(id),
})
let names: ReadonlyMap<string, string> | undefined
await bundle.write({
  dir: dist,
  format: 'es',
  entryFileNames: '[name].js',
  chunkFileNames: 'chunks/[name]-[hash].js',
  // A chunk that a command may load later is not loaded with it.
  hoistTransitiveImports: false,
  manualChunks: (id, { getModuleInfo }) => {
    names ??= chunkNames(getModuleInfo)
    return names.get(id)
  },
})
await bundle.close()
