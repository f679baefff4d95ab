/** How a request goes wrong, told by the script of a test. Applied and answered are two different things. */

export type Fault =
  /** Applied, and the connection breaks before the answer. */
  | { readonly kind: 'lose' }
  /** Applied, and no answer comes until the client gives up; `onApplied` is called as soon as it is applied. */
  | { readonly kind: 'stall'; readonly onApplied?: () => void }
  /** Applied only after the client has given up. */
  | { readonly kind: 'late' }
  /** Nothing is done. */
  | { readonly kind: 'refuse'; readonly status: number; readonly retryAfter?: string }
  /** PHP dies after so many items: the web server answers 502 with a page. */
  | { readonly kind: 'die'; readonly afterItems: number }
  /** Applied; this text stands before the JSON: a PHP warning, a byte order mark. */
  | { readonly kind: 'prefix'; readonly text: string }
  /** Applied; the answer is another one: a page, nothing, half of the JSON. */
  | {
      readonly kind: 'replace'
      readonly status?: number
      readonly with: (json: string) => string
      readonly type?: string
    }

export const phpWarning =
  '<br />\n<b>Warning</b>:  Undefined array key "x" in <b>/var/www/wp-content/plugins/y/y.php</b> on line <b>7</b><br />\n'
export const errorPage =
  '<!DOCTYPE html><html><body><h1>There has been a critical error on this website.</h1></body></html>'

/** What a script sees of a request before it is worked on. */
export interface SeenRequest {
  /** From 1. */
  readonly number: number
  readonly method: string
  /** Below the REST root, without query. */
  readonly path: string
  readonly query: URLSearchParams
  readonly body: unknown
  /** Whether it is to change something. */
  readonly isWrite: boolean
}

export interface Exchanged extends SeenRequest {
  /** Status of the answer; null when it was never sent. */
  status: number | null
  readonly fault: Fault['kind'] | null
  /** The URL as it came, for the search for secrets. */
  readonly url: string
}

export type Script = (request: SeenRequest) => Fault | null | undefined
