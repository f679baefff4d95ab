/** What the ways of `import` share: what was asked for, made ready, and how the answer is told. */
import type { Config } from '../core/config/config.js'
import type { WholesalerError } from '../core/errors.js'
import type { FeedReport } from '../core/feed-report.js'
import type { JobOptions } from '../core/jobs/job.js'
import type { Wholesaler } from '../core/wholesaler.js'
import { styleFor } from './color.js'
import { type ImportDocument, importFeedFields } from './documents/import-document.js'
import { toStderr } from './print.js'
import { NdjsonProgress } from './progress/ndjson-progress.js'
import type { ProgressDisplay } from './progress/progress-display.js'
import { errorText } from './report-error.js'
import type { ImportCommand } from './run-import-command.js'

export interface Run {
  readonly command: ImportCommand
  readonly config: Config
  readonly wholesalers: readonly Wholesaler[]
  readonly options: JobOptions
  readonly display: ProgressDisplay
  readonly signal: AbortSignal
}

export function feedFields(feeds: readonly FeedReport[], rejectsFile: string | null) {
  return feeds.map((report) => importFeedFields(report, rejectsFile))
}

export async function tell({ command, display }: Run, document: ImportDocument, text: () => string): Promise<void> {
  await display.close()
  if (display instanceof NdjsonProgress) display.summary(document)
  else command.answer(document, text)
}

/** What was withheld is an error, beside what was done. */
export function tellGuard({ command }: Run, guard: WholesalerError | null): void {
  if (guard !== null && !command.flags.json) toStderr(errorText(guard, styleFor(process.stderr)))
}
