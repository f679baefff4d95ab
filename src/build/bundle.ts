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
 * Who starts often, and what is loaded each time. Modules that the same of them load make one chunk: nobody loads more than it
 * needs, and no start takes more than some files. Left to itself, Rollup asks the same of all commands: that makes dozens.
 */
const starts: Readonly<Record<string, readonly string[]>> = {
  /** Any command, if only to print its help. */
  command: ['cli/base-command.js'],
  /** An import that finds nothing to do. */
  import: [
    'cli/run-import-command.js',
    'cli/progress/plain-progress.js',
    'core/jobs/lowdb-job-store.js',
    'core/ledger/sqlite-ledger.js',
    'core/store/catalog/catalog-store.js',
  ],
  status: ['cli/quick-status.js'],
  /** What is looked at again and again, and writes nothing. */
  look: ['commands/status.js', 'commands/jobs/index.js'],
  feed: ['core/map-feed-thread.js'],
  pictures: ['core/images/decoder-process.js'],
}

async function commandFiles(): Promise<readonly string[]> {
  const files = await readdir(join(dist, 'commands'), { recursive: true })
  return files.filter((file) => file.endsWith('.js')).map((file) => join('commands', file))
}

/** Names the chunk of each module that one of `starts` loads. */
function chunkNames(getModuleInfo: GetModuleInfo): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  for (const [start, files] of Object.entries(starts)) {
    for (const id of closureOf(files, getModuleInfo)) {
      const others = names.get(id)
      names.set(id, others === undefined ? start : `${others}-${start}`)
    }
  }
  return names
}

/** The modules in these files and all that they import. */
function closureOf(files: readonly string[], getModuleInfo: GetModuleInfo): ReadonlySet<string> {
  const closure = new Set<string>()
  const pending = files.map((file) => join(dist, file))
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    const module = getModuleInfo(id)
    if (module === null) throw new Error(`the program has no ${id}`)
    if (module.isExternal || closure.has(id)) continue
    closure.add(id)
    pending.push(...module.importedIds)
  }
  // They stay where they are.
  for (const id of closure) if (getModuleInfo(id)?.isEntry) closure.delete(id)
  return closure
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
