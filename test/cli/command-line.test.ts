import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Config } from '@oclif/core'
import { environmentName } from '../../src/cli/flags.js'
import { inTempDir } from '../support/temp-dir.js'
import { bin, projectDir, runCli, runShell } from './run-cli.js'
import { completedJob, oneOfEach, scheduledJob, writeJobs } from './sample-jobs.js'

describe('the command line', () => {
  before(() => {
    assert.ok(existsSync(join(projectDir, 'dist/cli/main.js')), 'build first: npm run build')
  })

  describe('usage errors', () => {
    const wrong: readonly (readonly [words: string, what: RegExp])[] = [
      ['jobs --nope', /--nope/],
      ['jobs --limit many', /--limit.*many/],
      ['jobs --limit 0', /--limit.*1/],
      ['jobs --status lost', /--status=lost.*completed/],
      ['jobs --limit', /--limit/],
      ['images', /PRODUCT/],
      ['images A B', /B/],
      ['nothing', /"nothing"/],
      ['status twelve', /"twelve"/],
      ['status 99', /99/],
      ['status --state-dir', /--state-dir/],
    ]

    for (const [words, what] of wrong) {
      it(`end with 2 and one document with --json: ${words}`, () =>
        inTempDir(async (cwd) => {
          const { code, stdout, stderr } = await runCli([...words.split(' '), '--json'], { cwd })

          const document = JSON.parse(stdout) as {
            success: boolean
            error: { code: string; message: string; hint: string }
          }
          assert.equal(code, 2)
          assert.equal(document.success, false)
          assert.equal(document.error.code, 'usage')
          assert.match(document.error.message, what)
          assert.match(document.error.hint, /wholesaler|--state-dir/)
          assert.equal(stderr, '')
        }))
    }

    it('end with 2 and go to stderr for people, without a stack', () =>
      inTempDir(async (cwd) => {
        const { code, stdout, stderr } = await runCli(['jobs', '--nope'], { cwd })

        assert.equal(code, 2)
        assert.equal(stdout, '')
        assert.match(stderr, /^Error: unknown flag: --nope\nNext: .*jobs --help/)
      }))

    it('show the stack when it is asked for', () =>
      inTempDir(async (cwd) => {
        const { stderr } = await runCli(['jobs', '--nope'], { cwd, env: { WHOLESALER_DEBUG: '1' } })

        assert.match(stderr, /\n {4}at /)
      }))

    it('name a config file that is not there', () =>
      inTempDir(async (cwd) => {
        const { code, stdout } = await runCli(['jobs', '--json'], { cwd, env: { WHOLESALER_CONFIG: 'gone.js' } })

        assert.equal(code, 2)
        assert.match(JSON.parse(stdout).error.message, /gone\.js/)
      }))
  })

  describe('output', () => {
    const supplier = '\x1b[2J\x9b31mEvil\u202e'

    it('never passes control characters from a feed on to a terminal (A9)', () =>
      inTempDir(async (cwd) => {
        const named = { options: { wholesalers: [supplier] }, errorMessages: [`cannot read ${supplier}`] }
        writeJobs(join(cwd, '.wholesaler'), [completedJob(1, named)])

        for (const words of [['status'], ['jobs'], ['status', '--json'], ['jobs', '--json']]) {
          const { stdout } = await runCli(words, { cwd })
          assert.match(stdout, /Evil/)
          assert.doesNotMatch(stdout.replaceAll('\n', ''), /[\x00-\x1f\x7f-\x9f\u202e]/)
        }
      }))

    it('has no colours in a pipe, nor with NO_COLOR', () =>
      inTempDir(async (cwd) => {
        writeJobs(join(cwd, '.wholesaler'), oneOfEach)

        const { stdout } = await runCli(['jobs'], { cwd, env: { NO_COLOR: '1' } })

        assert.doesNotMatch(stdout, /\x1b/)
      }))

    it('lists jobs newest first, filtered and limited, with statistics of all', () =>
      inTempDir(async (cwd) => {
        writeJobs(join(cwd, '.wholesaler'), [...oneOfEach, scheduledJob(6), scheduledJob(7)])

        const { stdout } = await runCli(['jobs', '--status', 'scheduled', '--limit', '2', '--json'], { cwd })

        const document = JSON.parse(stdout) as { jobs: { id: number }[]; total: number; stats: { total_jobs: number } }
        assert.deepEqual(
          document.jobs.map(({ id }) => id),
          [7, 6],
        )
        assert.deepEqual([document.total, document.stats.total_jobs], [3, 7])
      }))

    it('survives a reader that goes away (P16)', () =>
      inTempDir(async (cwd) => {
        const many = Array.from({ length: 900 }, (_, index) => completedJob(index + 1))
        writeJobs(join(cwd, '.wholesaler'), many)

        for (const words of [
          'jobs --limit 900',
          'jobs --limit 900 --json',
          'status --json',
          '--help',
          'jobs --nope --json',
        ]) {
          const { code, stderr } = await runShell(
            `"$WHOLESALER" ${words} | head -c 1 >/dev/null; exit \${PIPESTATUS[0]}`,
            { cwd },
          )
          assert.equal(stderr.replace(/^(Error|Next).*\n/gm, ''), '', words)
          assert.equal(code, words.includes('--nope') ? 2 : 0, words)
        }
      }))

    it('tells of a damaged job file on stderr and answers from its backup (D5)', () =>
      inTempDir(async (cwd) => {
        writeJobs(join(cwd, 'state'), [completedJob(1)])
        const { code, stdout, stderr } = await runShell(
          'mv state/jobs.json state/jobs.json.bak && : > state/jobs.json && "$WHOLESALER" status --json --state-dir state',
          { cwd },
        )

        assert.equal(code, 0)
        assert.equal(JSON.parse(stdout).job.id, 1)
        assert.match(stderr, /^Warning: jobs\.json is empty/)
      }))

    it('refuses a job file of a newer version with 8 (D8)', () =>
      inTempDir(async (cwd) => {
        const { code, stdout } = await runShell(
          `mkdir .wholesaler && echo '{"schema_version":99}' > .wholesaler/jobs.json && "$WHOLESALER" status --json`,
          { cwd },
        )

        assert.equal(code, 8)
        assert.equal(JSON.parse(stdout).error.code, 'state_unreadable')
      }))
  })

  describe('status', () => {
    it('shows every state to people', () =>
      inTempDir(async (cwd) => {
        writeJobs(join(cwd, '.wholesaler'), oneOfEach)

        for (const { id, status } of oneOfEach) {
          const { code, stdout } = await runCli(['status', String(id)], { cwd })
          assert.equal(code, 0)
          assert.match(stdout, new RegExp(`^Job ${id}  ${status}`))
        }
      }))

    it('ends with 12 for --check when a job is stuck, and with 0 when none is', () =>
      inTempDir(async (cwd) => {
        writeJobs(join(cwd, 'stuck'), oneOfEach)
        writeJobs(join(cwd, 'fine'), [completedJob(1)])

        const stuck = await runCli(['status', '--check', '--json', '--state-dir', 'stuck'], { cwd })
        const fine = await runCli(['status', '--check', '--json', '--state-dir', 'fine'], { cwd })

        assert.deepEqual([stuck.code, JSON.parse(stuck.stdout).stuck_jobs], [12, [3]])
        assert.deepEqual([fine.code, JSON.parse(fine.stdout).stuck_jobs], [0, []])
      }))

    it("ends with the job's own exit code for --wait", () =>
      inTempDir(async (cwd) => {
        writeJobs(join(cwd, '.wholesaler'), oneOfEach)

        const failed = await runCli(['status', '2', '--wait', '--json'], { cwd })
        const done = await runCli(['status', '1', '--wait'], { cwd })

        assert.deepEqual([failed.code, done.code], [5, 0])
        const { success, error, job } = JSON.parse(failed.stdout)
        assert.deepEqual([success, error.code, job.id], [false, 'transient', 2])
      }))
  })

  describe('start-up', () => {
    /** Every script that Node loads is in its coverage report: ES modules and CommonJS alike. */
    async function loadedBy(words: readonly string[], cwd: string): Promise<readonly string[]> {
      const folder = join(cwd, 'coverage')
      await runCli(words, { cwd, env: { NODE_V8_COVERAGE: folder } })
      return readdirSync(folder).flatMap((file) => {
        const report = JSON.parse(readFileSync(join(folder, file), 'utf8')) as { result: { url: string }[] }
        return report.result.map(({ url }) => url)
      })
    }
    const packagesOf = (urls: readonly string[]) =>
      new Set(urls.flatMap((url) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? []))

    for (const words of [['--help'], ['jobs', '--help'], ['jobs'], ['status']]) {
      it(`loads nothing heavy for: ${words.join(' ')}`, () =>
        inTempDir(async (cwd) => {
          const packages = packagesOf(await loadedBy(words, cwd))

          assert.ok(packages.has('@oclif/core'))
          const heavy = [
            'axios',
            'sharp',
            'listr2',
            'cli-progress',
            'zod',
            'lowdb',
            '@photostructure/sqlite',
            'csv-parse',
          ]
          assert.deepEqual(
            heavy.filter((name) => packages.has(name)),
            [],
          )
        }))
    }

    it('loads no package at all for: status --json', () =>
      inTempDir(async (cwd) => {
        assert.deepEqual([...packagesOf(await loadedBy(['status', '--json'], cwd))], [])
      }))
  })

  describe('flags', () => {
    it('can all be given as a variable named after them', async () => {
      const { commands } = await Config.load({ root: projectDir })

      const ours = commands.filter(({ pluginName }) => pluginName === 'wholesaler')
      assert.ok(ours.length >= 3)
      for (const { id, flags } of ours) {
        for (const [name, flag] of Object.entries(flags)) {
          assert.equal(flag.env, environmentName(name), `${id} --${name}`)
        }
      }
    })

    it('win over their variable, which wins over the default', () =>
      inTempDir(async (cwd) => {
        writeJobs(join(cwd, '.wholesaler'), oneOfEach)
        const env = { WHOLESALER_LIMIT: '2', WHOLESALER_JSON: '1' }

        const byVariable = await runCli(['jobs'], { cwd, env })
        const byFlag = await runCli(['jobs', '--limit', '3'], { cwd, env })

        assert.equal(JSON.parse(byVariable.stdout).jobs.length, 2)
        assert.equal(JSON.parse(byFlag.stdout).jobs.length, 3)
      }))

    it('have help with examples that can be pasted', async () => {
      const { commands } = await Config.load({ root: projectDir })

      for (const { id, pluginName, examples } of commands) {
        if (pluginName !== 'wholesaler') continue
        assert.ok((examples ?? []).length > 0, `${id} has no examples`)
        for (const example of examples ?? []) {
          assert.match(typeof example === 'string' ? example : example.command, /<%= config\.bin %>/)
        }
      }
    })
  })

  it('is an executable file', async () => {
    const { code, stdout } = await runShell('"$WHOLESALER" --version')

    assert.equal(code, 0)
    assert.match(stdout, /^wholesaler\/\d+\.\d+\.\d+ /)
    assert.match(readFileSync(bin, 'utf8'), /^#!\/usr\/bin\/env node\n/)
  })
})
