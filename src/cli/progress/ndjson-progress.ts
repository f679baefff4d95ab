/** A run as a stream of events on stdout, one JSON object a line; the command writes the last one, `summary`. */
import type { Clock } from '../../core/clock.js'
import type { ProgressEvent } from '../../core/progress.js'
import { eventDocument, summaryEvent } from '../documents/event-document.js'
import { jsonLine } from '../print.js'
import type { ProgressDisplay } from './progress-display.js'

/** Steps that move on are reported at most this often: they are for watching, the other events are the data. */
const stepEveryMs = 1000

export class NdjsonProgress implements ProgressDisplay {
  private jobId: number | null = null
  private stepAtMs = Number.NEGATIVE_INFINITY
  private closed = false

  constructor(
    private readonly write: (line: string) => void,
    private readonly clock: Clock,
  ) {}

  emit(event: ProgressEvent): void {
    if (this.closed) return
    if (event.type === 'job') this.jobId = event.job.id
    if (event.type === 'step' && event.state === 'progress') {
      const now = this.clock.monotonic()
      if (now - this.stepAtMs < stepEveryMs) return
      this.stepAtMs = now
    }
    this.write(jsonLine(eventDocument(event, this.place())))
  }

  /** The last line: the document that `--json` would have printed. */
  summary(document: object): void {
    this.write(jsonLine(summaryEvent(document, this.place())))
  }

  async close(): Promise<void> {
    this.closed = true
  }

  private place() {
    return { atMs: this.clock.now(), jobId: this.jobId }
  }
}
