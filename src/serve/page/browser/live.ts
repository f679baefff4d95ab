/** The stream of news about jobs, and whether it still flows. */
import { ApiError, get } from './api.js'
import type { JobsNews } from './documents.js'

export type Connection =
  | { readonly state: 'connecting' }
  | { readonly state: 'live' }
  /** `sinceMs` by the reader's clock. */
  | { readonly state: 'lost'; readonly sinceMs: number }
  | { readonly state: 'signed_out' }

export interface LiveListener {
  readonly onNews: (news: JobsNews) => void
  readonly onConnection: (connection: Connection) => void
}

/** Milliseconds before the first try to connect anew; doubled each time. */
const firstRetryMs = 1000
const lastRetryMs = 15_000
/**
 * Milliseconds for which a page that nobody sees goes on listening, so that its title tells of what happens. Then it
 * lets go: a browser has six connections for a server, and pages in the background would leave none for others.
 */
const unseenMs = 300_000

/**
 * Listens for as long as the page is looked at. Tries again by itself, also where `EventSource` gives up: after an
 * answer that is none, as of a server that was started anew.
 */
export function listen({ onNews, onConnection }: LiveListener): void {
  let source: EventSource | null = null
  let retry: ReturnType<typeof setTimeout> | undefined
  let rest: ReturnType<typeof setTimeout> | undefined
  let retryMs = firstRetryMs
  let lostSinceMs: number | null = null

  const connect = (): void => {
    clearTimeout(retry)
    source?.close()
    source = new EventSource('/api/events')
    source.addEventListener('jobs', (event) => {
      retryMs = firstRetryMs
      lostSinceMs = null
      onConnection({ state: 'live' })
      onNews(JSON.parse(event.data))
    })
    source.addEventListener('error', () => void fail())
  }
  const letGo = (): void => {
    clearTimeout(retry)
    source?.close()
    source = null
  }
  const fail = async (): Promise<void> => {
    source?.close()
    lostSinceMs ??= Date.now()
    retry = setTimeout(connect, retryMs)
    retryMs = Math.min(lastRetryMs, retryMs * 2)
    const isSignedOut = await isRefused()
    // While that was asked, the stream may have come back.
    if (lostSinceMs !== null)
      onConnection(isSignedOut ? { state: 'signed_out' } : { state: 'lost', sinceMs: lostSinceMs })
  }
  const look = (): void => {
    clearTimeout(rest)
    if (document.hidden) rest = setTimeout(letGo, unseenMs)
    else if (source === null) connect()
  }
  document.addEventListener('visibilitychange', look)
  // A network that comes back tells no stream that its connection is dead.
  window.addEventListener('online', () => {
    if (source !== null) connect()
  })
  onConnection({ state: 'connecting' })
  // A page that was opened in the background waits until it is seen.
  look()
}

/** The stream does not say why it was refused; another request does. */
async function isRefused(): Promise<boolean> {
  try {
    await get('/api/jobs?limit=1')
    return false
  } catch (error) {
    return error instanceof ApiError && error.status === 401
  }
}
