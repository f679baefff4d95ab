/** One line of `--ndjson`: what happened, when, in which job. */
import { unixSeconds } from '../../core/clock.js'
import type { ProgressEvent } from '../../core/progress.js'
import { isoTime } from './document.js'
import { jobFields } from './job-document.js'

/** All names in snake_case; `type` says which other fields there are. */
export interface EventDocument {
  readonly type: ProgressEvent['type'] | 'summary'
  /** Unix seconds. */
  readonly at: number
  readonly at_iso: string
  readonly job_id: number | null
  readonly [field: string]: unknown
}

export interface EventPlace {
  readonly atMs: number
  readonly jobId: number | null
}

export function eventDocument(event: ProgressEvent, place: EventPlace): EventDocument {
  return eventOf(event.type, eventFields(event, place.atMs), place)
}

/** The last line of every stream: the document that `--json` would have printed. */
export function summaryEvent(document: object, place: EventPlace): EventDocument {
  return eventOf('summary', document, place)
}

function eventOf(type: EventDocument['type'], fields: object, { atMs, jobId }: EventPlace): EventDocument {
  return { type, at: unixSeconds(atMs), at_iso: isoTime(atMs), job_id: jobId, ...fields }
}

function eventFields(event: ProgressEvent, nowMs: number): object {
  switch (event.type) {
    case 'job':
      return { job: jobFields(event.job, nowMs) }
    case 'step': {
      const { wholesaler, step, state, done, total, note } = event
      return { wholesaler, step, state, done, total, note: note ?? null }
    }
    case 'feed':
      return { feed: event.feed, staged: event.staged }
    case 'batch': {
      const { type: _, durationMs, ...counts } = event
      return { ...counts, duration: durationMs / 1000 }
    }
    case 'product': {
      const { wholesaler, key, outcome, storeId, reason } = event
      return { wholesaler, key, outcome, store_id: storeId ?? null, reason: reason ?? null }
    }
    case 'image': {
      const { wholesaler, key, url, outcome, reason } = event
      return { wholesaler, key, url, outcome, reason: reason ?? null }
    }
    case 'reject': {
      const { wholesaler, line, record, code, reason, key, sku } = event
      return { wholesaler, line, record, code, reason, key: key ?? null, sku: sku ?? null }
    }
    case 'warning':
      return { message: event.message, hint: event.hint ?? null }
    default:
      return event satisfies never
  }
}
