/**
 * News of jobs for all who watch: asked once, written as text once, sent to each. Who cannot take it fast enough
 * misses some, which loses nothing, for each piece of news tells all; who takes none for long is sent away.
 */
import type { ServerResponse } from 'node:http'
import { setImmediate } from 'node:timers/promises'
import type { StatusDocument } from '../cli/documents.js'
import { jsonLine } from '../cli/print.js'
import { type Clock, unixSeconds } from '../core/clock.js'
import { messageOf } from '../core/errors.js'
import type { Job } from '../core/jobs/job.js'
import type { JobBoard } from './job-board.js'
import { statusText } from './status-text.js'
import type { StuckFields, StuckWatch } from './stuck-watch.js'

/** Jobs that are told, the newest. */
const jobsMax = 50
/** Of each, the latest events: all of them are in the job's own document. */
const eventsMax = 5
/** Milliseconds between two looks while anybody watches. */
const lookEveryMs = 500
/** Milliseconds of silence before a comment is sent: proxies and phones end connections that say nothing. */
const heartbeatMs = 15_000
/** Watchers told one after the other: a few milliseconds of work. */
const toldAtOnce = 10
/** Milliseconds in which a watcher has to take what was sent. */
const slowMs = 20_000

/** Milliseconds that a browser waits before it comes again when the stream has ended. */
const comeAgainMs = 2_000

export interface NewsPorts {
  readonly board: JobBoard
  readonly stuck: Pick<StuckWatch, 'read'>
  readonly clock: Clock
  readonly watchersMax: number
  readonly onError: (error: unknown) => void
}

export interface JobNews {
  /** Sends all news to this answer until either side ends it. False when too many watch. */
  watch(response: Listener): Promise<boolean>
  /** Looks now and tells what is new. Happens by itself while anybody watches. */
  look(): Promise<void>
  readonly watchers: number
  /** Ends all streams. */
  close(): void
}

/** An answer whose end is open. */
export type Listener = Pick<ServerResponse, 'write' | 'end' | 'destroy' | 'on' | 'writableLength'>

interface Watcher {
  readonly response: Listener
  /** The news it was sent last. */
  sent: Buffer
  sentAtMs: number
  /** Since when what was sent waits to be taken; null: it was taken. */
  waitsSinceMs: number | null
}

export function openJobNews(ports: NewsPorts): JobNews {
  const { clock, watchersMax } = ports
  const watchers = new Set<Watcher>()
  let timer: NodeJS.Timeout | null = null
  let isLooking = false
  let latest: News = { key: '', bytes: Buffer.alloc(0) }
  let isClosed = false
  let trouble: string | null = null

  const look = async (): Promise<void> => {
    if (isLooking) return
    isLooking = true
    try {
      latest = await freshNews()
      for (const [index, watcher] of [...watchers].entries()) {
        if (watchers.has(watcher)) attend(watcher, latest.bytes, clock)
        // Requests do not wait until all have been told.
        if (index % toldAtOnce === toldAtOnce - 1) await setImmediate()
      }
    } finally {
      isLooking = false
    }
  }
  /** Where jobs cannot be read for the moment there is no news, which is told once; who watches is attended to. */
  const freshNews = async (): Promise<News> => {
    try {
      const news = await newsNow(ports, latest)
      trouble = null
      return news
    } catch (error: unknown) {
      const message = messageOf(error)
      if (message !== trouble) ports.onError(error)
      trouble = message
      return latest
    }
  }
  const leave = (watcher: Watcher): void => {
    watchers.delete(watcher)
    if (watchers.size > 0 || timer === null) return
    clearInterval(timer)
    timer = null
  }
  return {
    get watchers() {
      return watchers.size
    },
    async watch(response) {
      if (isClosed || watchers.size >= watchersMax) return false
      const watcher: Watcher = { response, sent: Buffer.alloc(0), sentAtMs: clock.monotonic(), waitsSinceMs: null }
      watchers.add(watcher)
      response.on('close', () => leave(watcher))
      response.on('error', () => leave(watcher))
      timer ??= setInterval(() => void look(), lookEveryMs)
      await look()
      return true
    },
    look,
    close() {
      isClosed = true
      for (const { response } of watchers) response.end()
      if (timer !== null) clearInterval(timer)
      timer = null
    },
  }
}

/** As it is sent; `key` is another one whenever there is something new. */
interface News {
  readonly key: string
  readonly bytes: Buffer
}

async function newsNow({ board, stuck, clock }: NewsPorts, before: News): Promise<News> {
  const { jobs, version } = await board.read()
  const found = await stuck.read()
  // Not what was seen: that one is silent for ever longer is no news.
  const key = `${version} ${found.map(({ job_id: id, reason }) => `${id} ${reason}`).join()}`
  if (key === before.key) return before
  const data = newsText(jobs.slice(0, jobsMax), found, clock.now())
  return { key, bytes: Buffer.from(`event: jobs\ndata: ${data}retry: ${comeAgainMs}\n\n`) }
}

export interface NewsDocument {
  /** Newest first. */
  readonly jobs: readonly StatusDocument[]
  readonly stuck: readonly StuckFields[]
  /** Unix seconds of the server. */
  readonly now: number
}

/** A `NewsDocument` on one line, made of texts that are known already. */
function newsText(jobs: readonly Job[], stuck: readonly StuckFields[], nowMs: number): string {
  const texts = jobs.map((job) => statusText(job, nowMs, eventsMax).trimEnd())
  const rest = jsonLine({ stuck, now: unixSeconds(nowMs) } satisfies Omit<NewsDocument, 'jobs'>)
  return `{"jobs":[${texts.join()}],${rest.slice(1)}`
}

function attend(watcher: Watcher, news: Buffer, clock: Clock): void {
  const { response } = watcher
  const nowMs = clock.monotonic()
  if (response.writableLength > 0) {
    watcher.waitsSinceMs ??= nowMs
    if (nowMs - watcher.waitsSinceMs >= slowMs) response.destroy()
    return
  }
  watcher.waitsSinceMs = null
  const isNews = watcher.sent !== news
  if (!isNews && nowMs - watcher.sentAtMs < heartbeatMs) return
  response.write(isNews ? news : ': still here\n\n')
  watcher.sent = news
  watcher.sentAtMs = nowMs
}
