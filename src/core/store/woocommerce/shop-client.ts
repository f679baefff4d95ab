/**
 * The shop's REST API, as far as it concerns sending and answering; what products are is not known here.
 *
 * In: a route, parameters, a body. Out: for a read, JSON; for a write, what is known about it: `done`, `refused`,
 * `not_sent`, or `unknown`. A read is tried again by itself, a write never is: only its caller can look whether it
 * came through. No secret is in a URL, an error or a log. Refused keys and rights stop the run at once.
 */
import type { Parameters } from './address.js'

/** A refusal as WordPress words it. */
export interface ShopProblem {
  readonly status: number
  readonly code: string
  readonly message: string
  readonly data: Readonly<Record<string, unknown>>
}

export interface Page {
  readonly value: unknown
  /** Pages in all; 1 when the shop does not say. */
  readonly pages: number
  /** Unix ms of the shop's clock when it answered, to the second; null when it does not say. */
  readonly dateMs: number | null
}

export type Read = { readonly ok: true; readonly page: Page } | { readonly ok: false; readonly problem: ShopProblem }

export type Write =
  | { readonly kind: 'done'; readonly value: unknown; readonly ms: number }
  /** The shop looked at it and will not have it. */
  | { readonly kind: 'refused'; readonly problem: ShopProblem; readonly ms: number }
  /** Nothing reached the shop, or it was turned away at the door: it may be sent again. */
  | { readonly kind: 'not_sent'; readonly reason: string; readonly retryAfterMs: number | null }
  /** It may have been done, in whole or in part, or may still be under way: look before anything is repeated. */
  | { readonly kind: 'unknown'; readonly reason: string; readonly retryAfterMs: number | null; readonly ms: number }

export interface Upload {
  readonly bytes: Buffer
  readonly type: string
  readonly fileName: string
}

export interface ShopClient {
  /** See `ShopAddress.site`. */
  readonly site: string
  /**
   * Reads. A long list goes into the body (`_method=GET`). Throws `denied` for keys and rights, `temporary` when the
   * shop has no usable answer after all tries.
   */
  read(route: string, parameters?: Parameters): Promise<Read>
  write(method: 'POST' | 'PUT' | 'DELETE', route: string, body: unknown, parameters?: Parameters): Promise<Write>
  /** A file that the shop serves, without credentials; null when it is gone. */
  download(url: string, bytesMax: number): Promise<Buffer | null>
  upload(route: string, file: Upload, parameters?: Parameters): Promise<Write>
}

/** The refusal in an answer; null when it is none. */
export function problemOf(status: number, value: unknown): ShopProblem | null {
  if (status < 400) return null
  const { code, message, data } = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  return {
    status,
    code: typeof code === 'string' ? code : `http_${status}`,
    message: typeof message === 'string' ? message : `the shop answered ${status}`,
    data: typeof data === 'object' && data !== null ? (data as Record<string, unknown>) : {},
  }
}
