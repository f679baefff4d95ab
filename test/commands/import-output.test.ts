import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { runCli } from '../cli/run-cli.js'
import { csvFeed, inWorkplace, skus } from './workplace.js'

const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true })
addFormats.default(ajv)

/** Asserts that a document is what the schema in the package says. */
async function assertValid(schema: string, document: unknown): Promise<void> {
  const file = fileURLToPath(new URL(`../../dist/schemas/${schema}.schema.json`, import.meta.url))
  const parsed = JSON.parse(await readFile(file, 'utf8'))
  const validate = ajv.getSchema(parsed.$id) ?? ajv.compile(parsed)
  assert.ok(validate(document), ajv.errorsText(validate.errors))
}

const feeds = {
  'good.csv': csvFeed(['A', 'B']),
  'rejects.csv': 'sku,name\nA,One\nB,\n',
  'broken.xml': '<products><product><id>1</id><name>x</nam',
  'empty.csv': '',
}

/** Command lines with the code they end with and the schema of their document. */
const commands = [
  { args: ['import', 'good.csv'], code: 0, schema: 'import' },
  { args: ['import', 'good.csv', '--dry-run'], code: 0, schema: 'import' },
  { args: ['import', 'rejects.csv'], code: 3, schema: 'import' },
  { args: ['import', 'broken.xml'], code: 7, schema: 'import' },
  { args: ['import', 'broken.xml', '--dry-run'], code: 7, schema: 'error' },
  { args: ['import', 'empty.csv'], code: 7, schema: 'import' },
  { args: ['import', 'nowhere.csv'], code: 7, schema: 'import' },
  { args: ['import'], code: 2, schema: 'error' },
  { args: ['import', 'good.csv', '--per-batch', '101'], code: 2, schema: 'error' },
  { args: ['import', 'good.csv', '--no-such-flag'], code: 2, schema: 'error' },
  { args: ['import', 'good.csv', '--preset', 'nonsense'], code: 2, schema: 'import' },
  { args: ['status'], code: 0, schema: 'status' },
  { args: ['jobs'], code: 0, schema: 'jobs' },
  { args: ['feed', 'inspect', 'good.csv'], code: 0, schema: 'feed-inspect' },
  { args: ['export', 'shop.csv'], code: 0, schema: 'export' },
  { args: ['images', 'A'], code: 0, schema: 'images' },
  { args: ['images', 'NONE'], code: 2, schema: 'error' },
]

describe('what a command prints', function () {
  this.timeout(60_000)

  it('with --json is exactly one document of its schema, on success and on failure', async () => {
    await inWorkplace(async ({ write, run }) => {
      for (const [name, content] of Object.entries(feeds)) await write(name, content)
      for (const { args, code, schema } of commands) {
        const printed = await run(...args, '--json')
        const line = `${args.join(' ')}: ${printed.stdout}${printed.stderr}`
        assert.equal(printed.code, code, line)
        const document = JSON.parse(printed.stdout)
        assert.equal(document.success, code === 0 || code === 3, line)
        assert.equal(document.error === undefined, document.success, line)
        await assertValid(schema, document)
      }
    })
  })

  it('with --ndjson is one event a line, the last one the summary, on failure too', async () => {
    await inWorkplace(async ({ write, run }) => {
      for (const [name, content] of Object.entries(feeds)) await write(name, content)
      for (const [name, code] of [
        ['good.csv', 0],
        ['rejects.csv', 3],
        ['broken.xml', 7],
      ] as const) {
        const { stdout, code: ended } = await run('import', name, '--ndjson')
        const events: { type: string }[] = stdout
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line))
        for (const event of events) await assertValid('event', event)
        assert.equal(ended, code)
        assert.deepEqual(
          events.flatMap(({ type }, index) => (type === 'summary' ? [index] : [])),
          [events.length - 1],
        )
        assert.equal(events.filter(({ type }) => type === 'reject').length, name === 'rejects.csv' ? 1 : 0)
      }
    })
  })

  it('on a failure without --json is a message, what to do next, and nothing on stdout', async () => {
    await inWorkplace(async ({ write, run }) => {
      await write('broken.xml', feeds['broken.xml'])
      const { code, stdout, stderr } = await run('import', 'broken.xml')
      assert.deepEqual([code, stdout], [7, ''])
      assert.match(stderr, /broken\.xml:1:\d+: .*\n.*--lenient/)
      assert.doesNotMatch(stderr, /\n +at |node:internal/)
    })
  })
})

describe('settings from the environment', function () {
  this.timeout(30_000)

  const batches = async (env: Readonly<Record<string, string>>, ...flags: string[]) =>
    inWorkplace(async ({ dir, write }) => {
      await write('a.csv', csvFeed(skus(60)))
      const { stdout } = await runCli(['import', 'a.csv', '--json', ...flags], { cwd: dir, env })
      return JSON.parse(stdout).job.configuration.products_per_batch
    })

  it('are taken when no flag is given, and a flag wins over them', async () => {
    assert.equal(await batches({}), 50)
    assert.equal(await batches({ WHOLESALER_PER_BATCH: '20' }), 20)
    assert.equal(await batches({ WHOLESALER_PER_BATCH: '20' }, '--per-batch', '30'), 30)
  })
})
