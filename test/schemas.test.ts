/** Every document that a real run prints is what the published schema of its name says. */
import assert from 'node:assert/strict'
import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runCli } from './cli/run-cli.js'
import { projectRoot, readCommands } from './support/project.js'
import { assertFits, publishedSchemas } from './support/published-schemas.js'
import { inTempDir } from './support/temp-dir.js'

interface Run {
  readonly args: readonly string[]
  readonly code: number
  /** Name of the schema. */
  readonly prints: string
}

/** In this order, in one folder: later ones see what earlier ones left. */
const untouched: readonly Run[] = [
  { args: ['status'], code: 0, prints: 'status' },
  { args: ['jobs'], code: 0, prints: 'jobs' },
  { args: ['status', '--check'], code: 0, prints: 'status' },
]

const successes: readonly Run[] = [
  { args: ['feed', 'inspect', 'products.csv'], code: 0, prints: 'feed-inspect' },
  { args: ['import', 'products.csv', '--dry-run', '--detailed-exitcode'], code: 20, prints: 'import' },
  { args: ['import', 'products.csv', '--batches', '1', '--per-batch', '3'], code: 0, prints: 'import' },
  { args: ['import', 'products.csv', '--no-images'], code: 0, prints: 'import' },
  { args: ['import', 'products.csv'], code: 0, prints: 'import' },
  { args: ['import', 'products.csv', '--verify'], code: 0, prints: 'import' },
  { args: ['import', 'faulty.csv'], code: 3, prints: 'import' },
  { args: ['feed', 'inspect', 'faulty.csv'], code: 0, prints: 'feed-inspect' },
  { args: ['feed', 'inspect', 'broken.xml', '--lenient'], code: 0, prints: 'feed-inspect' },
  { args: ['feed', 'diff', 'products.csv', 'faulty.csv'], code: 0, prints: 'feed-diff' },
  { args: ['status'], code: 0, prints: 'status' },
  { args: ['status', '--wait'], code: 3, prints: 'status' },
  { args: ['jobs', '--status', 'completed', '--limit', '2'], code: 0, prints: 'jobs' },
  { args: ['images', 'MUG'], code: 0, prints: 'images' },
  { args: ['images', 'MUG-RED'], code: 0, prints: 'images' },
  { args: ['images', '--id', '1'], code: 0, prints: 'images' },
  { args: ['images', 'MUG', '--plan'], code: 0, prints: 'images' },
  { args: ['images', 'audit'], code: 0, prints: 'images-audit' },
  { args: ['images', 'audit', 'MUG', '--rebuild', '--html', 'sheet.html'], code: 0, prints: 'images-audit' },
  { args: ['images', 'dedupe', '--dry-run'], code: 0, prints: 'images-dedupe' },
  { args: ['images', 'reprocess', '--dry-run'], code: 0, prints: 'images-reprocess' },
  { args: ['export', 'shop.csv'], code: 0, prints: 'export' },
  { args: ['jobs', 'retry', '9'], code: 0, prints: 'jobs-retry' },
  { args: ['jobs', 'cancel', '11'], code: 0, prints: 'jobs-cancel' },
  { args: ['jobs', 'prune', '--keep', '1'], code: 0, prints: 'jobs-prune' },
  { args: ['doctor'], code: 0, prints: 'doctor' },
  { args: ['worker', '--once'], code: 0, prints: 'worker' },
  { args: ['import', 'products.csv', '--background'], code: 0, prints: 'import' },
  { args: ['recover'], code: 0, prints: 'recover' },
  { args: ['recover', '--dry-run'], code: 0, prints: 'recover' },
  { args: ['images', 'dedupe'], code: 0, prints: 'images-dedupe' },
  { args: ['images', 'reprocess', 'MUG', '--all'], code: 0, prints: 'images-reprocess' },
  { args: ['init', '--feed', 'products.csv', '--as', 'products', '--offline'], code: 0, prints: 'init' },
]

const failures: readonly Run[] = [
  { args: ['import', 'nowhere.csv'], code: 7, prints: 'import' },
  { args: ['import', 'broken.xml'], code: 7, prints: 'import' },
  { args: ['status', '--wait'], code: 7, prints: 'status' },
  { args: ['feed', 'inspect', 'broken.xml'], code: 7, prints: 'error' },
  { args: ['import', 'products.csv', '--preset', 'nosuch'], code: 2, prints: 'import' },
  { args: ['import', '--batches', 'many'], code: 2, prints: 'error' },
  { args: ['images', 'NO-SUCH'], code: 2, prints: 'error' },
  { args: ['status', '4711'], code: 2, prints: 'error' },
  { args: ['jobs', '--limit', '0'], code: 2, prints: 'error' },
  { args: ['export'], code: 2, prints: 'error' },
  { args: ['nosuch'], code: 2, prints: 'error' },
  { args: ['serve', '--host', '0.0.0.0'], code: 2, prints: 'error' },
]

async function check({ args, code: expected, prints }: Run, cwd: string): Promise<string> {
  const line = args.join(' ')
  const { code, stdout, stderr } = await runCli([...args, '--json'], { cwd })
  assert.deepEqual({ code, stderr }, { code: expected, stderr: '' }, `${line}\n${stdout}`)
  const document: { readonly success: boolean } = JSON.parse(stdout)
  assertFits(prints, document)
  assert.equal(document.success, [0, 3, 10, 12, 20].includes(expected), line)
  return prints
}

function writeFeeds(dir: string): void {
  cpSync(join(projectRoot, 'examples/01-csv-to-catalog'), dir, { recursive: true })
  writeFileSync(join(dir, 'faulty.csv'), 'SKU,Name,Price\nA-1,Cup,4.50\n,,1\nA-2,Bowl,6.00\n')
  writeFileSync(join(dir, 'broken.xml'), '<shop><item><sku>B-1</sku><name>Cup & saucer</name></item><item>')
}

describe('documents of real runs', function () {
  this.timeout(180_000)

  it('fit their published schemas, in success and in failure, and nothing else is printed', () =>
    inTempDir(async (dir) => {
      writeFeeds(dir)
      const seen = new Set<string>()
      for (const run of [...untouched, ...successes, ...failures]) seen.add(await check(run, dir))

      const published = publishedSchemas()
      // What the server says, tests of the server hold to them.
      const printed = published.filter((name) => !name.startsWith('serve'))
      assert.deepEqual([...seen, 'event'].sort(), printed.sort(), 'a document that no run prints')
    }))

  it('fit them on every line of --ndjson, which ends with a summary, in success and in failure', () =>
    inTempDir(async (dir) => {
      writeFeeds(dir)
      for (const [feed, expected] of [
        ['products.csv', 0],
        ['faulty.csv', 3],
        ['broken.xml', 7],
      ] as const) {
        const { code, stdout } = await runCli(['import', feed, '--ndjson'], { cwd: dir })
        const events: { type: string }[] = stdout
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line))

        assert.equal(code, expected)
        for (const event of events) assertFits('event', event)
        assert.equal(events.at(-1)?.type, 'summary')
        assert.equal(events.filter(({ type }) => type === 'summary').length, 1)
      }
    }))

  it('are asked of every command', () => {
    const asked = new Set(
      [...successes, ...failures].map(({ args }) => args.filter((word) => /^[a-z]+$/.test(word)).join(' ')),
    )
    for (const { id } of readCommands())
      assert.ok(
        [...asked].some((line) => line.startsWith(id)),
        id,
      )
  })
})
