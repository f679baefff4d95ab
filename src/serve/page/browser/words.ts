/** A job in words that people use. The status as documents have it is shown beside them where it matters. */
import { count, secondsText } from '../../../cli/figures.js'
import type { JobFields } from './documents.js'

/** What the mark in front of a job looks like. */
export type Mark = 'waiting' | 'running' | 'stuck' | 'done' | 'partly' | 'failed' | 'stopped'

export interface StateWords {
  readonly mark: Mark
  readonly word: string
}

/** Exit code of an import some of whose products, images or feeds failed. */
const exitPartly = 3

/** `isStuck`: by the verdict of the server, which knows it before the job file says so. */
export function stateOf(job: JobFields, isStuck: boolean): StateWords {
  if (isStuck || job.status === 'processing_stuck') return { mark: 'stuck', word: 'Stuck' }
  switch (job.status) {
    case 'scheduled':
      return { mark: 'waiting', word: job.attempt > 0 ? 'Waiting to go on' : 'Waiting' }
    case 'running':
      return { mark: 'running', word: job.cancel_requested ? 'Stopping' : 'At work' }
    case 'completed':
      if (job.reason === 'time_limit') return { mark: 'partly', word: 'Time was up' }
      return job.exit_code === exitPartly
        ? { mark: 'partly', word: 'Done, some failed' }
        : { mark: 'done', word: 'Done' }
    case 'failed':
      return failWords[job.reason ?? ''] ?? { mark: 'failed', word: 'Failed' }
    default:
      return job.status satisfies never
  }
}

const failWords: Readonly<Record<string, StateWords>> = {
  cancelled: { mark: 'stopped', word: 'Cancelled' },
  interrupted: { mark: 'stopped', word: 'Interrupted' },
  transient: { mark: 'failed', word: 'Failed for now' },
  poison: { mark: 'failed', word: 'Given up' },
  attempts: { mark: 'failed', word: 'Given up' },
}

/** Why a job counts as stuck; the evidence is beside it, as it was seen. */
export function stuckWords(reason: string | null): string {
  return stuckReasons[reason ?? ''] ?? 'Nobody is at work on it.'
}

const stuckReasons: Readonly<Record<string, string>> = {
  never_started: 'Nobody has started it, although it could run.',
  owner_dead: 'The process that worked on it is gone.',
  owner_silent: 'The process that works on it gives no sign of life.',
}

export function namesOf({ wholesalers, kind }: Pick<JobFields, 'wholesalers' | 'kind'>): string {
  if (wholesalers.length > 0) return wholesalers.join(', ')
  return kind === 'images' ? 'images of the shop' : 'all wholesalers'
}

/** `3,120 of 5,000` */
export function productsText({ total_processed: done, estimated_total: total }: JobFields): string {
  if (total === 0 && done === 0) return 'nothing to do'
  if (total === null && done === 0) return '–'
  return total === null || total === done ? count(done) : `${count(done)} of ${count(total)}`
}

/** `184/s`, `0.4/s` */
export function rateText(perSecond: number): string {
  return `${perSecond < 9.95 ? perSecond.toFixed(1) : count(Math.round(perSecond))}/s`
}

/** Time left is a guess, so it is told roughly: `about 3 min`. */
export function leftText(seconds: number): string {
  if (seconds < 1) return 'a moment'
  if (seconds < 60) return `about ${Math.ceil(seconds / 5) * 5} s`
  if (seconds < 5400) return `about ${Math.round(seconds / 60)} min`
  return `about ${(seconds / 3600).toFixed(1)} h`
}

/** `12 s`, `4 min`, `3 h`, `2 d`: how long ago, where the time itself stands beside it or in its title. */
export function agoText(seconds: number): string {
  if (seconds < 60) return secondsText(Math.max(0, Math.round(seconds)))
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`
  return seconds < 86_400 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} d`
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const

/** `23:21`, `yesterday 23:21`, `25 Nov 23:21`, `25 Nov 2025`: as much as tells it apart, in the reader's time zone. */
export function clockText(atMs: number, nowMs: number): string {
  const at = new Date(atMs)
  const now = new Date(nowMs)
  const clock = `${two(at.getHours())}:${two(at.getMinutes())}`
  if (dayOf(at) === dayOf(now)) return clock
  if (dayOf(at) === dayOf(new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1))) return `yesterday ${clock}`
  const day = `${at.getDate()} ${months[at.getMonth()]}`
  return at.getFullYear() === now.getFullYear() ? `${day} ${clock}` : `${day} ${at.getFullYear()}`
}

function dayOf(date: Date): string {
  return `${date.getFullYear()}-${date.getMonth()}-${date.getDate()}`
}

function two(number: number): string {
  return String(number).padStart(2, '0')
}
