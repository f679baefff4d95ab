/** Commands, flags, variables and defaults are a contract: scripts and cron lines are built on them. */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { environmentName } from '../../src/cli/flags.js'
import { readCommands } from '../support/project.js'
import { runCli } from './run-cli.js'

const snapshot = new URL('surface.json', import.meta.url)
const commands = readCommands()

function surface(): object {
  const entries = commands.map(({ id, args, flags }) => {
    const shownArgs = Object.entries(args).map(([name, { required }]) => [name, required ? 'required' : 'optional'])
    const shownFlags = Object.entries(flags).map(([name, flag]) => {
      const { type, env, default: value, options, multiple, allowNo, required } = flag
      const shown = { type, env, default: value, options, multiple, allowNo, required }
      const told = Object.entries(shown).filter(([, fact]) => fact !== undefined && fact !== false)
      return [name, Object.fromEntries(told)] as const
    })
    const sorted = [...shownFlags].sort(([a], [b]) => (a < b ? -1 : 1))
    return [id, { args: Object.fromEntries(shownArgs), flags: Object.fromEntries(sorted) }] as const
  })
  return Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)))
}

describe('the surface of the command line', () => {
  it('changes on purpose only', () => {
    const now = surface()
    if (process.env.UPDATE_SURFACE === '1') writeFileSync(snapshot, `${JSON.stringify(now, null, 2)}\n`)

    const before: unknown = JSON.parse(readFileSync(snapshot, 'utf8'))

    assert.deepEqual(
      now,
      before,
      'Commands or flags have changed. If that is meant: npm run build, run this test with UPDATE_SURFACE=1, ' +
        'commit test/cli/surface.json, and tell it in CHANGELOG.',
    )
  })

  for (const { id, flags, examples = [] } of commands) {
    it(`${id}: has --json, a variable for every flag, a summary for each, and examples`, () => {
      assert.ok('json' in flags)
      for (const [name, { env, summary }] of Object.entries(flags)) {
        assert.equal(env, environmentName(name))
        assert.match(summary ?? '', /\.$/, name)
      }
      assert.notEqual(examples.length, 0)
    })

    it(`${id} --help shows its examples so that they can be copied`, async () => {
      const { code, stdout } = await runCli([...id.split(' '), '--help'])

      assert.equal(code, 0)
      for (const { command } of examples) {
        const whole = command.replace('<%= config.bin %>', 'wholesaler')
        // A long line is broken with a backslash; inside quotes that would be another command.
        const copied = stdout.replace(/ \\\n\s+/g, ' ')
        assert.ok(copied.includes(whole), whole)
        for (const quoted of whole.match(/'[^']*'/g) ?? []) assert.ok(stdout.includes(quoted), quoted)
      }
    })

    it(`${id}: its examples use flags that exist`, () => {
      for (const { command } of examples) {
        const ours = command.split('|').find((part) => part.includes('<%= config.bin %>')) ?? ''
        for (const [flag] of ours.matchAll(/--[a-z-]+/g)) assert.ok(flag.slice(2) in flags, `${flag} in ${command}`)
      }
    })
  }
})
