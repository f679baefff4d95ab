/** What a route is: one entry of the table from which the server, its description and its tests are made. */
import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'
import { type DocumentHead, documentHead } from '../cli/documents.js'
import { jsonLine } from '../cli/print.js'
import type { Clock } from '../core/clock.js'
import type { StatePlace } from '../core/config/find-state-dir.js'
import type { Job } from '../core/jobs/job.js'
import type { JobLedger } from '../core/ledger/sqlite-job-ledger.js'
import type { Store } from '../core/store/store.js'
import type { Audits } from './audits.js'
import type { Fields } from './fields.js'
import { notFound } from './http-error.js'
import type { JobBoard } from './job-board.js'
import type { JobNews } from './job-news.js'
import type { Keeper } from './keeper.js'
import type { ServeLimits } from './limits.js'
import type { Processes } from './processes.js'
import type { StuckWatch } from './stuck-watch.js'
import type { Passes } from './token.js'

export type RequestContext = Context<{ Bindings: HttpBindings }>

/** What handlers work with. */
export interface ServePorts {
  readonly place: StatePlace
  readonly clock: Clock
  readonly limits: ServeLimits
  readonly board: JobBoard
  readonly stuck: StuckWatch
  readonly news: JobNews
  readonly passes: Passes
  readonly store: Keeper<Store>
  readonly ledger: Keeper<JobLedger>
  readonly processes: Processes
  readonly audits: Audits
  /** For the operator: warnings and what nobody foresaw. */
  readonly report: (error: unknown) => void
}

export interface Route {
  readonly method: 'GET' | 'POST'
  /** With `:name` for what varies. */
  readonly path: string
  /** One sentence. */
  readonly summary: string
  /** Of the query, or of the body of a POST. */
  readonly fields?: Fields
  /** Name of the schema of the answer's document, or the type of another answer. */
  readonly answers: { readonly schema: string } | { readonly type: string }
  /** Status of that answer; default 200. */
  readonly success?: number
  /** Statuses beside those that every route has. */
  readonly refusals?: readonly number[]
  readonly handle: (context: RequestContext, ports: ServePorts) => Response | Promise<Response>
}

export interface DoneDocument extends DocumentHead {
  readonly message: string
}

/** For what was done, and has nothing more to tell. */
export function done(message: string): Response {
  const document: DoneDocument = { ...documentHead(true), message }
  return json(document)
}

export function json(document: object, status = 200, headers: Readonly<Record<string, string>> = {}): Response {
  return jsonOf(jsonLine(document), status, headers)
}

/** For a document that is text already. */
export function jsonOf(text: string, status = 200, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(text, { status, headers: { 'content-type': 'application/json; charset=utf-8', ...headers } })
}

/** Where the client sees this server. Both headers have passed the door. */
export function addressOf(context: RequestContext): string {
  const isSecure = context.req.header('x-forwarded-proto') === 'https'
  return `${isSecure ? 'https' : 'http'}://${context.req.header('host') ?? ''}`
}

/** The job that the path names. Throws `not_found`. */
export async function jobOf(context: RequestContext, { board }: Pick<ServePorts, 'board'>): Promise<Job> {
  const text = context.req.param('id') ?? ''
  const id = /^\d{1,15}$/.test(text) ? Number(text) : null
  const { jobs } = await board.read()
  const job = jobs.find((candidate) => candidate.id === id)
  if (job === undefined) throw notFound(`there is no job ${text.slice(0, 20)}`, 'background-jobs lists them.')
  return job
}
