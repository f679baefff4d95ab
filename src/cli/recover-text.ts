/** What `recover` found, for people: one line a job. */
import type { RecoverDocument, RecoveredFields } from './documents.js'
import { plain } from './print.js'

const actions = {
  none: 'left as it is',
  finished_here: 'worked off here',
  worker_started: 'a worker was started',
  gave_up: 'given up',
  taken_by_other: 'another process took it',
} as const satisfies Record<RecoveredFields['action'], string>

export function recoverText({ message, dry_run: dryRun, jobs }: RecoverDocument): string {
  const lines = jobs.map((found) => `${jobLine(found, dryRun)}\n`)
  return `${lines.join('')}${message}.\n`
}

function jobLine({ job_id: id, verdict, evidence, action, job }: RecoveredFields, dryRun: boolean): string {
  const seen = evidence === null ? '' : `: ${plain(evidence)}`
  const head = `Job ${id} ${verdict}${seen}`
  if (dryRun) return verdict === 'stuck' ? `${head}; recover would run it again` : head
  return `${head}; ${actions[action]}, now ${job.status}`
}
