/** A run in a pipe, a log or a cron mail: one plain line a minute on stderr, and warnings as they come. */
import type { Clock } from '../../core/clock.js'
import type { ProgressEvent } from '../../core/progress.js'
import { plain } from '../print.js'
import type { ProgressDisplay } from './progress-display.js'
import { RunView } from './run-view.js'
import { stepLine } from './step-line.js'
import { warningLine } from './warning-text.js'

const lineEveryMs = 60_000

/** Written as they come; a flood of them would bury the log. The rest is counted at the end. */
const warningsMax = 20

export class PlainProgress implements ProgressDisplay {
  private readonly view = new RunView()
  private lineAtMs: number

  constructor(
    private readonly write: (line: string) => void,
    private readonly clock: Clock,
  ) {
    this.lineAtMs = clock.monotonic()
  }

  emit(event: ProgressEvent): void {
    const now = this.clock.monotonic()
    this.view.apply(event, now)
    if (event.type === 'warning' && this.view.warningCount <= warningsMax) {
      this.write(warningLine({ message: event.message, hint: event.hint ?? null }, { isTTY: false }))
    }
    if (now - this.lineAtMs < lineEveryMs) return
    this.lineAtMs = now
    const running = this.view.runningStep()
    if (running === null) return
    this.write(
      `${this.place()}${plain(running.wholesaler.name)}: ${stepLine(running.wholesaler, running.step, null)}\n`,
    )
  }

  async close(): Promise<void> {
    const more = this.view.warningCount - warningsMax
    if (more > 0) this.write(`Warning: ${more} more warnings are not shown.\n`)
    this.view.warningCount = 0
  }

  private place(): string {
    return this.view.jobId === null ? '' : `job ${this.view.jobId}, `
  }
}
