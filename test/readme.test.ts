/** What README and the other pages claim, held against the code. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import * as exitCode from '../src/cli/exit-code.js'
import { noPreset, presetNames } from '../src/core/product/choose-preset.js'
import { goals } from './chaos/goals.js'
import { filesBelow, projectRoot, readCommands, readProjectFile } from './support/project.js'

const readme = readProjectFile('README.md')
const commands = readCommands()
const pages = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'src/core/README.md', ...filesBelow('examples', '.md')]

/** The cells of the rows of README's table below this heading, without head and rule. */
function tableBelow(heading: string): string[][] {
  const section = readme.split(`${heading}\n`)[1]?.split(/^#/m)[0] ?? ''
  const rows = section.split('\n').filter((line) => line.startsWith('|'))
  return rows.slice(2).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}

describe("README's claims", () => {
  it('tell every exit code there is, and no other', () => {
    const told = tableBelow('## Exit codes').flatMap(([left = '', , right = '']) => [left, right])
    const constants = Object.values(exitCode).filter((value) => typeof value === 'number')
    const kinds = exitCode.errorKinds.map((kind) => exitCode.exitCodeOf(kind))
    const sorted = (codes: Iterable<number>) => [...new Set(codes)].sort((a, b) => a - b)

    assert.deepEqual(sorted(told.filter((code) => code !== '').map(Number)), sorted([...constants, ...kinds]))
  })

  it('tell every preset there is, and no other', () => {
    const told = tableBelow('### Formats').flatMap(([names = '']) =>
      [...names.matchAll(/`([^`]+)`/g)].map(([, name]) => name),
    )

    assert.deepEqual(told.sort(), [...presetNames].sort())
    assert.match(readme, new RegExp(`\`${noPreset}\` leaves all`))
  })

  it('show every command there is, and no other', () => {
    const shown = [...readme.matchAll(/^wholesaler (\w+)(?: (\w+))?/gm)].map(([, first = '', second = '']) => {
      return commands.some(({ id }) => id === `${first} ${second}`) ? `${first} ${second}` : first
    })

    assert.deepEqual([...new Set(shown)].sort(), commands.map(({ id }) => id).sort())
  })

  it('name only flags and variables that exist, on every page', () => {
    const flags = commands.flatMap((command) => Object.entries(command.flags))
    const names = flags.flatMap(([name, { allowNo }]) => (allowNo ? [`--${name}`, `--no-${name}`] : [`--${name}`]))
    names.push(
      '--help',
      '--version',
      '--seed',
      '--runs',
      '--first',
      '--minutes',
      ...goals.flatMap((goal) => Object.keys(goal.flags).map((flag) => `--${flag}`)),
    )
    const variables = [
      ...flags.map(([, { env }]) => env),
      'WHOLESALER_FEEDS',
      'WHOLESALER_RECORDINGS',
      ...['WC_KEY', 'WC_SECRET', 'WP_USER', 'WP_APP_PASSWORD'].flatMap((name) => [
        `WHOLESALER_${name}`,
        `WHOLESALER_${name}_FILE`,
      ]),
      'WHOLESALER_TOKEN',
      'WHOLESALER_DEBUG',
      'WHOLESALER_FAILPOINT',
    ]
    for (const page of pages) {
      const text = readProjectFile(page)
      const [told, env] = [text.match(/(?<![\w-])--[a-z][a-z-]+/g) ?? [], text.match(/\bWHOLESALER_[A-Z_]+/g) ?? []]
      assert.deepEqual(
        told.filter((name) => !names.includes(name)),
        [],
        page,
      )
      assert.deepEqual(
        env.filter((name) => !variables.includes(name)),
        [],
        page,
      )
    }
  })
})

describe('pages', () => {
  it('link and point only to files that exist', () => {
    for (const page of pages) {
      const text = readProjectFile(page)
      const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, target = '']) =>
        join(dirname(page), target),
      )
      const paths = [...text.matchAll(/`((?:src|test|examples)\/[\w./-]+)`/g)].map(([, path = '']) => path)
      for (const path of [...links, ...paths]) assert.ok(existsSync(join(projectRoot, path)), `${page}: ${path}`)
    }
  })

  it("have each station of the core on the core's map, with its first file", () => {
    const told = [...readProjectFile('src/core/README.md').matchAll(/^\| `(\w+)\/` +\| `([\w.-]+)` +\|/gm)]
    const folders = readdirSync(join(projectRoot, 'src/core'), { withFileTypes: true })
    const stations = folders.filter((entry) => entry.isDirectory()).map(({ name }) => name)

    assert.deepEqual(told.map(([, station]) => station).sort(), stations.sort())
    for (const [, station = '', file = ''] of told) {
      assert.ok(existsSync(join(projectRoot, 'src/core', station, file)), `${station}/${file}`)
    }
  })
})
