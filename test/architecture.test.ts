import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')

/** Terminal and command libraries: nothing below src/core may know them. */
const terminalPackages = /^(@oclif\/|chalk$|listr2$|cli-progress$|hono)/

/** Concrete adapters, which only the wiring of the command line (and tests) may name. */
const adapters =
  /(sqlite-ledger|memory-ledger|catalog-store|woocommerce-store|memory-store|lowdb-job-store|memory-job-store)\.js$/

interface Import {
  readonly file: string
  readonly target: string
}

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
}

/** Static and dynamic imports of the files; relative ones as paths from the project's root. */
function importsOf(files: readonly string[], read: (file: string) => string = readSource): Import[] {
  return files.flatMap((file) =>
    [...read(file).matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*)'([^']+)'/g)].map(([, specifier = '']) => ({
      file,
      target: specifier.startsWith('.') ? join(dirname(file), specifier) : specifier,
    })),
  )
}

function readSource(file: string): string {
  return readFileSync(join(root, file), 'utf8')
}

function violations(imports: readonly Import[], forbidden: (imported: Import) => boolean): string[] {
  return imports.filter(forbidden).map(({ file, target }) => `${file} imports ${target}`)
}

/** Which station of the core a path belongs to; null outside src/core and for files directly in it. */
function stationOf(path: string): string | null {
  return /^src\/core\/([^/]+)\//.exec(path)?.[1] ?? null
}

const core = importsOf(sourceFiles(join(root, 'src/core')))
const all = importsOf(sourceFiles(join(root, 'src')))

const outsideCore = ({ target }: Import) =>
  terminalPackages.test(target) || (target.startsWith('src/') && !target.startsWith('src/core/'))

describe('architecture', () => {
  it('keeps terminal, commands and server out of the core', () => {
    assert.deepEqual(violations(core, outsideCore), [])
  })

  it('lets nobody but the wiring name a concrete adapter of another station', () => {
    const named = violations(
      all,
      ({ file, target }) =>
        adapters.test(target) &&
        file !== 'src/cli/wiring.ts' &&
        file !== 'src/index.ts' &&
        stationOf(file) !== stationOf(target),
    )

    assert.deepEqual(named, [])
  })

  it('lets only the server know its HTTP library: no other command loads it', () => {
    const named = violations(
      all,
      ({ file, target }) => /^(@hono\/|hono)/.test(target) && !file.startsWith('src/serve/'),
    )
    const server = violations(
      all,
      ({ file, target }) =>
        target.startsWith('src/serve/') &&
        !file.startsWith('src/serve/') &&
        !['src/commands/serve.ts', 'src/cli/schemas.ts'].includes(file),
    )

    assert.deepEqual([named, server], [[], []])
  })

  it('never ends the process from the core, fail points aside', () => {
    const files = sourceFiles(join(root, 'src/core')).filter((file) => /\bprocess\.exit\b/.test(readSource(file)))

    assert.deepEqual(files, ['src/core/failpoint.ts'])
  })

  it('has a check that sees a planted violation', () => {
    const planted = importsOf(
      ['src/core/feed/bad.ts'],
      () => "import chalk from 'chalk'\nconst x = await import('../../cli/print.js')\n",
    )

    assert.equal(violations(planted, outsideCore).length, 2)
  })
})
