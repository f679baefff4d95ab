import assert from 'node:assert/strict'
import { filesBelow, readProjectFile } from '../../support/project.js'
import { faults, requiredGroups } from './fault-list.js'
import { failedFaults, faultsIn, faultTable, type TestResult, tableLines, uncovered } from './fault-table.js'

const test = (title: string, outcome: TestResult['outcome'] = 'passed'): TestResult => ({
  title,
  file: 'a.test.ts',
  outcome,
})

describe('the table of faults', () => {
  it('finds the ids that a title bears, and takes nothing else for one', () => {
    assert.deepEqual(faultsIn('a job that is killed (P1, P2) is found (D14)'), ['P1', 'P2', 'D14'])
    assert.deepEqual(faultsIn('a catalog D2: has every batch'), ['D2'])
    assert.deepEqual(faultsIn('a page of A4, a SKU P1, and (P99)'), [])
  })

  it('shows for each fault its tests and the worst that came of them', () => {
    const table = faultTable([test('one (P1)'), test('two (P1)', 'failed'), test('three (P2)', 'skipped')])

    assert.equal(table.length, 99)
    assert.deepEqual(failedFaults(table), ['P1'])
    assert.ok(!uncovered(table).includes('P1') && uncovered(table).includes('D1'))
    const lines = tableLines(table)
    assert.ok(lines.some((line) => /^P1 +failed +kill -9 at every named/.test(line)))
    assert.ok(lines.some((line) => /^P2 +skipped /.test(line)))
    assert.ok(lines.some((line) => /^P3 +NO TEST /.test(line)))
  })

  it('has a test for every fault of processes, disks, clocks, networks and the API', () => {
    const sources = filesBelow('test', '.test.ts').map(readProjectFile).join('\n')
    const required = Object.keys(faults).filter((id) => requiredGroups.some((letter) => id.startsWith(letter)))

    const missing = required.filter(
      (id) => !new RegExp(`['"\`].*(?:\\((?:\\w+, ?)*${id}[,)]|\\b${id}: )`).test(sources),
    )
    assert.deepEqual(missing, [])
  })
})
