import { setMaxListeners } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { HttpError } from './http-error.js'

/** The end of one try, whatever it is doing then: connecting, waiting, following redirects, reading. */
export interface Deadline {
  /** Aborted when time is up or the caller gives up; its reason says which. */
  readonly signal: AbortSignal
  /** The time runs from now on. A second call changes nothing. */
  begin(): void
  /** Ends this body as well when time is up, and the deadline when the body ends. */
  watch(message: IncomingMessage): void
  stop(): void
}

export function createDeadline(url: string, deadlineMs: number, outer?: AbortSignal): Deadline {
  outer?.throwIfAborted()
  const controller = new AbortController()
  const onOuter = () => controller.abort(outer?.reason)
  // As many requests as there are may hang on one signal; by default, Node warns from the eleventh on.
  if (outer !== undefined) setMaxListeners(0, outer)
  outer?.addEventListener('abort', onOuter, { once: true })
  let timer: NodeJS.Timeout | undefined
  const begin = () => {
    timer ??= setTimeout(() => {
      const message = `the answer was not there within ${deadlineMs / 1000} s`
      controller.abort(new HttpError({ code: 'timeout', message, url }))
    }, deadlineMs)
    // An answer that nobody reads must not keep the process; a connection that is open does so by itself.
    timer.unref()
  }
  const stop = () => {
    clearTimeout(timer)
    outer?.removeEventListener('abort', onOuter)
  }
  return {
    signal: controller.signal,
    begin,
    watch(message) {
      const { signal } = controller
      const onAbort = () => message.destroy(signal.reason)
      signal.addEventListener('abort', onAbort, { once: true })
      message.once('close', () => {
        signal.removeEventListener('abort', onAbort)
        stop()
      })
      // A body that nobody reads must not end the process when its connection breaks.
      message.on('error', () => {})
    },
    stop,
  }
}
