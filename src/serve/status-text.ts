/** Status documents as text. Those of jobs that have ended stay what they are, and are asked for again and again. */
import { statusDocument } from '../cli/documents.js'
import { exitDone } from '../cli/exit-code.js'
import { jsonLine } from '../cli/print.js'
import { isFinished, type Job } from '../core/jobs/job.js'

const ended = new Map<number, WeakMap<Job, string>>()

/** One line of JSON, with its end; of the events the last `eventsMax`. */
export function statusText(job: Job, nowMs: number, eventsMax = Number.POSITIVE_INFINITY): string {
  if (!isFinished(job)) return written(job, nowMs, eventsMax)
  const known = ended.get(eventsMax) ?? new WeakMap<Job, string>()
  ended.set(eventsMax, known)
  const text = known.get(job) ?? written(job, nowMs, eventsMax)
  known.set(job, text)
  return text
}

function written(job: Job, nowMs: number, eventsMax: number): string {
  const document = statusDocument({ job, nowMs, exitCode: exitDone })
  const { events } = document
  return jsonLine(events.length <= eventsMax ? document : { ...document, events: events.slice(-eventsMax) })
}
