/**
 * `npm run faults`: runs all tests and prints which of them covers which fault, and what came of it. `-- --list`
 * runs none of them, `-- --report FILE` takes what mocha's JSON reporter wrote before. Ends with 0 only when
 * every fault of a process, a disk or a clock has a test and none of those failed.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { projectRoot } from '../../support/project.js'
import { failedFaults, faultTable, type Outcome, type TestResult, tableLines, uncovered } from './fault-table.js'

/** What mocha's JSON reporter says of a test, as far as it matters here. */
interface MochaTest {
  readonly fullTitle: string
  readonly file: string
}

interface MochaReport {
  readonly passes: readonly MochaTest[]
  readonly failures: readonly MochaTest[]
  readonly pending: readonly MochaTest[]
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { list: { type: 'boolean' }, report: { type: 'string' } } })
  const { list = false, report } = values
  const tests = report === undefined ? await runTests(list) : resultsOf(await readFile(report, 'utf8'), false)
  const table = faultTable(tests)
  for (const line of tableLines(table)) console.log(line)
  const [missing, failed] = [uncovered(table), failedFaults(table)]
  console.log(`\nwithout a test, and must have one: ${missing.join(', ') || 'none'}`)
  console.log(`failed: ${failed.join(', ') || 'none'}`)
  return missing.length + failed.length === 0 ? 0 : 1
}

async function runTests(isDry: boolean): Promise<readonly TestResult[]> {
  const dir = await mkdtemp(join(tmpdir(), 'wholesaler-faults-'))
  try {
    const output = join(dir, 'report.json')
    const mocha = join(projectRoot, 'node_modules/mocha/bin/mocha.js')
    const words = ['--reporter', 'json', '--reporter-option', `output=${output}`, ...(isDry ? ['--dry-run'] : [])]
    const child = spawn(process.execPath, [mocha, ...words, 'test/**/*.test.ts'], {
      cwd: projectRoot,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    await once(child, 'close')
    return resultsOf(await readFile(output, 'utf8'), isDry)
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

function resultsOf(text: string, isDry: boolean): readonly TestResult[] {
  const { passes, failures, pending }: MochaReport = JSON.parse(text)
  const as = (tests: readonly MochaTest[], outcome: Outcome): TestResult[] =>
    tests.map(({ fullTitle, file }) => ({ title: fullTitle, file: relative(projectRoot, file), outcome }))
  return [...as(passes, isDry ? 'not run' : 'passed'), ...as(failures, 'failed'), ...as(pending, 'skipped')]
}

process.exit(await main())
