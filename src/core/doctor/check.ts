/**
 * Checks: what could keep imports from working, looked for before it does.
 *
 * In: facts about the machine, the state folder, the config, the shop. Out: one or more findings per check, each
 * with what to do. No check changes anything, none stops the others, and none takes long.
 */
import { messageOf, WholesalerError } from '../errors.js'

export const findingStatuses = ['ok', 'warn', 'fail'] as const
export type FindingStatus = (typeof findingStatuses)[number]

export interface Finding {
  /** Which check, and of what: `disk`, `feed:aren`. */
  readonly id: string
  /** `warn`: works, not as well or not as safely as it could. `fail`: imports fail, or state is in danger. */
  readonly status: FindingStatus
  readonly message: string
  /** What to do; null when all is well. */
  readonly hint: string | null
}

/** Gives its findings; an error that it throws is a finding too. */
export interface Check {
  readonly id: string
  run(): Promise<readonly Finding[]>
}

export function ok(id: string, message: string): Finding {
  return { id, status: 'ok', message, hint: null }
}

export function warn(id: string, message: string, hint: string): Finding {
  return { id, status: 'warn', message, hint }
}

export function fail(id: string, message: string, hint: string): Finding {
  return { id, status: 'fail', message, hint }
}

/** Runs the checks one after the other; `onFinding` is told of each finding at once. */
export async function runChecks(
  checks: readonly Check[],
  onFinding: (finding: Finding) => void = () => {},
): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for (const check of checks) {
    for (const finding of await findingsOf(check)) {
      findings.push(finding)
      onFinding(finding)
    }
  }
  return findings
}

async function findingsOf(check: Check): Promise<readonly Finding[]> {
  try {
    return await check.run()
  } catch (error: unknown) {
    const hint = error instanceof WholesalerError ? error.hint : undefined
    return [fail(check.id, messageOf(error), hint ?? 'See the message; nothing was changed.')]
  }
}
