/** What is published, and what it stands on. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { join } from 'node:path'
import { filesBelow, projectRoot, readPackageFile, readProjectFile } from './support/project.js'

interface LockedPackage {
  readonly version: string
  readonly resolved?: string
  readonly dev?: boolean
  readonly optional?: boolean
  readonly hasInstallScript?: boolean
}

interface LockFile {
  readonly lockfileVersion: number
  readonly packages: Readonly<Record<string, LockedPackage>>
}

const { dependencies, devDependencies, engines } = readPackageFile()
const lock: LockFile = JSON.parse(readProjectFile('package-lock.json'))

/** Plugins that oclif loads by name, from `oclif.plugins`. */
const loadedByOclif = ['@oclif/plugin-autocomplete', '@oclif/plugin-help']

/** Whole statements at the beginning of a line, or their last line; and dynamic imports anywhere. */
const importPattern = /^(?:import|export|\})(?:[^'\n]*\bfrom)? '([^']+)'|\bimport\('([^']+)'\)/gm

/** Without the tools of the build, which are not published. */
function filesOf(folder: string): readonly string[] {
  return filesBelow(folder, '.ts').filter((file) => !file.startsWith('src/build/'))
}

/** Packages that any file of a folder imports, statically or not. */
function importedPackages(folder: string): string[] {
  const specifiers = filesOf(folder).flatMap((file) =>
    [...readProjectFile(file).matchAll(importPattern)].map(([, first, second]) => first ?? second ?? ''),
  )
  const packages = specifiers
    .filter((name) => !/^(\.|node:)/.test(name) && !builtinModules.includes(name))
    .map((name) => /^(@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name)
  return [...new Set(packages)].sort()
}

function isAtLeast(version: string, minimum: string): boolean {
  return version.localeCompare(minimum, 'en', { numeric: true }) >= 0
}

/** Every copy in the tree: nested ones too. */
function lockedCopies(name: string): [path: string, locked: LockedPackage][] {
  return Object.entries(lock.packages).filter(([path]) => path.endsWith(`node_modules/${name}`))
}

describe('the published package', function () {
  this.timeout(60_000)
  let files: readonly string[] = []

  before(() => {
    // Without scripts: `prepack` would build again while other tests run the program.
    const answer = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: projectRoot,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      shell: process.platform === 'win32',
    })
    // npm 11 and older answer with a list, newer ones with an object by name.
    const [packed]: { files: { path: string }[] }[] = Object.values(JSON.parse(answer))
    files = (packed?.files ?? []).map(({ path }) => path)
  })

  it('has all that is needed to run it', () => {
    const schemas = [
      'error',
      'doctor',
      'init',
      'event',
      'export',
      'feed-diff',
      'feed-inspect',
      'images',
      'images-audit',
      'images-dedupe',
      'images-reprocess',
      'import',
      'jobs',
      'recover',
      'serve',
      'serve-done',
      'serve-error',
      'serve-job',
      'serve-login',
      'serve-news',
      'serve-recover',
      'serve-series',
      'serve-wholesalers',
      'jobs-cancel',
      'jobs-prune',
      'jobs-retry',
      'status',
      'worker',
    ]
    const needed = [
      'package.json',
      'bin/run.js',
      'dist/index.js',
      'dist/index.d.ts',
      'dist/core/map-feed-thread.js',
      'dist/serve/page/browser/main.js',
      'dist/serve/page/static/index.html',
      'oclif.manifest.json',
      'README.md',
      'CHANGELOG.md',
      'LICENSE',
      ...schemas.map((name) => `dist/schemas/${name}.schema.json`),
    ]

    assert.deepEqual(
      needed.filter((file) => !files.includes(file)),
      [],
    )
    assert.deepEqual(
      files.filter((file) => file.startsWith('dist/schemas/')).length,
      schemas.length,
      'a schema this test does not know',
    )
  })

  it('has nothing else: no tests, examples, sources or tools of the build', () => {
    const allowed =
      /^(bin\/run\.js|dist\/(chunks|cli|commands|core|schemas|serve)\/.+|dist\/index\.(js|d\.ts)|[^/]+\.(md|json)|LICENSE)$/
    const strange = files.filter((file) => !allowed.test(file) || /\.test\.|\.map$|^dist\/cli\/schemas\./.test(file))

    assert.deepEqual(strange, [])
  })

  it('is what its sources were compiled to', () => {
    const compiled = filesBelow('src', '.ts')
      .map((file) => file.replace(/^src\//, 'dist/').replace(/\.ts$/, '.js'))
      .filter((file) => !/^dist\/(build|cli\/schemas\.)/.test(file))
    const packed = files.filter((file) => /^dist\/.+\.js$/.test(file) && !file.startsWith('dist/chunks/'))

    assert.deepEqual([...packed].sort(), compiled.sort(), 'dist/ is older than src/: npm run build')
  })
})

describe('dependencies', () => {
  it('are all imported, and nothing else is', () => {
    const expected = Object.keys(dependencies).filter((name) => !loadedByOclif.includes(name))

    assert.deepEqual(importedPackages('src'), expected.sort())
    for (const name of loadedByOclif) assert.ok(name in dependencies, name)
  })

  it('of the tests are declared too', () => {
    const declared = [...Object.keys(dependencies), ...Object.keys(devDependencies)]

    assert.deepEqual(
      importedPackages('test').filter((name) => !declared.includes(name)),
      [],
    )
  })

  const minimums = { axios: '1.18.0', 'follow-redirects': '1.16.0', sharp: '0.35.4' }
  for (const [name, minimum] of Object.entries(minimums)) {
    it(`have ${name} ${minimum} or later: older ones have known vulnerabilities`, () => {
      const copies = lockedCopies(name)

      assert.notEqual(copies.length, 0)
      for (const [path, { version }] of copies) assert.ok(isAtLeast(version, minimum), `${path} is ${version}`)
      const declared = dependencies[name]?.replace(/^\^/, '')
      assert.ok(declared === undefined || isAtLeast(declared, minimum), `package.json allows ${name} ${declared}`)
    })
  }

  it('install without scripts: the only one that has any brings its binaries along (A10)', () => {
    const scripted = Object.entries(lock.packages)
      .filter(([, { hasInstallScript, dev, optional }]) => hasInstallScript && !dev && !optional)
      .map(([path]) => path.replace(/^.*node_modules\//, ''))
    const prebuilds = join(projectRoot, 'node_modules/@photostructure/sqlite/prebuilds')

    assert.deepEqual(scripted, ['@photostructure/sqlite'])
    for (const platform of ['linux-x64', 'linux-arm64', 'darwin-arm64', 'win32-x64']) {
      assert.ok(existsSync(join(prebuilds, platform)), platform)
    }
  })

  it('are locked to the public registry (A10)', () => {
    const elsewhere = Object.entries(lock.packages)
      .filter(([, { resolved }]) => resolved !== undefined && !resolved.startsWith('https://registry.npmjs.org/'))
      .map(([path, { resolved }]) => `${path}: ${resolved}`)

    assert.equal(lock.lockfileVersion, 3)
    assert.deepEqual(elsewhere, [])
  })

  it('run on the oldest Node that is promised', () => {
    assert.equal(engines.node, '>=20.19')
    assert.match(devDependencies['@types/node'] ?? '', /^\^20\.19\./)
  })
})
