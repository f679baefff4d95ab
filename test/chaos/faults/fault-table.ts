/** Which test covers which fault, and what came of it. */
import { faultGroups, faults, requiredGroups } from './fault-list.js'

export interface TestResult {
  /** With the titles of what it is in. */
  readonly title: string
  readonly file: string
  readonly outcome: Outcome
}

export type Outcome = 'passed' | 'failed' | 'skipped' | 'not run'

export interface FaultRow {
  readonly id: string
  readonly fault: string
  readonly tests: readonly TestResult[]
}

/** `(P1, P2)` anywhere in a title, or `P1:` at the start of its last part. */
const inParentheses = /\(([PDNFIA]\d{1,2}(?:, ?[PDNFIA]\d{1,2})*)\)/g
const atTheStart = /(?:^|\s)([PDNFIA]\d{1,2}(?:, ?[PDNFIA]\d{1,2})*): /g

export function faultsIn(title: string): readonly string[] {
  const lists = [...title.matchAll(inParentheses), ...title.matchAll(atTheStart)].map(([, list = '']) => list)
  return [...new Set(lists.flatMap((list) => list.split(/, ?/)))].filter((id) => id in faults)
}

/** A row for each known fault, in the order of the list. */
export function faultTable(tests: readonly TestResult[]): readonly FaultRow[] {
  const byId = new Map<string, TestResult[]>(Object.keys(faults).map((id) => [id, []]))
  for (const test of tests) for (const id of faultsIn(test.title)) byId.get(id)?.push(test)
  return [...byId].map(([id, covering]) => ({ id, fault: faults[id] ?? '', tests: covering }))
}

/** Ids that must have a test and have none. */
export function uncovered(table: readonly FaultRow[]): readonly string[] {
  return table.filter(({ id, tests }) => isRequired(id) && tests.length === 0).map(({ id }) => id)
}

/** Ids of which a test failed. */
export function failedFaults(table: readonly FaultRow[]): readonly string[] {
  return table.filter(({ tests }) => tests.some(({ outcome }) => outcome === 'failed')).map(({ id }) => id)
}

export function tableLines(table: readonly FaultRow[]): string[] {
  const lines: string[] = []
  for (const [letter, group] of Object.entries(faultGroups)) {
    const rows = table.filter(({ id }) => id.startsWith(letter))
    const covered = rows.filter(({ tests }) => tests.length > 0).length
    lines.push('', `${letter}: ${group}, ${covered} of ${rows.length} covered`)
    for (const { id, fault, tests } of rows) {
      lines.push(`${id.padEnd(4)} ${outcomeOf(tests).padEnd(8)} ${fault}`)
      for (const { outcome, title, file } of tests) lines.push(`${' '.repeat(14)}${outcome}: ${title} [${file}]`)
    }
  }
  return lines
}

function outcomeOf(tests: readonly TestResult[]): string {
  if (tests.length === 0) return 'NO TEST'
  for (const outcome of ['failed', 'passed', 'not run'] as const)
    if (tests.some((test) => test.outcome === outcome)) return outcome
  return 'skipped'
}

function isRequired(id: string): boolean {
  return requiredGroups.some((letter) => id.startsWith(letter))
}
