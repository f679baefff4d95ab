/** The thread behind `map-feed-in-thread.ts`: maps one feed and sends it chunk by chunk, never far ahead. */
import { parentPort, workerData } from 'node:worker_threads'
import { asShortage, messageOf, WholesalerError } from './errors.js'
import { type MapFeedPlan, openMappedFeed } from './map-feed.js'
import { chunksAheadMax, packRows, type ThreadMessage, takenMessage } from './map-feed-in-thread.js'

const port = parentPort
if (port === null) throw new Error('this module is the main file of a thread')

let ahead = 0
let wake: () => void = () => {}
port.on('message', (message) => {
  if (message !== takenMessage) return
  ahead -= 1
  wake()
})

const send = (message: ThreadMessage, handOver: ArrayBuffer[] = []): void => port.postMessage(message, handOver)

/** The parent ends this thread when it is not wanted any more. */
const neverAborted = new AbortController().signal

async function mapAndSend(plan: MapFeedPlan): Promise<void> {
  const feed = await openMappedFeed(plan, neverAborted)
  send({ type: 'facts', facts: feed.facts })
  const chunks = feed.chunks(neverAborted)
  for (;;) {
    const next = await chunks.next()
    if (next.done) return send({ type: 'end', end: next.value })
    const { cut, ...findings } = next.value
    const { rows, bodies } = cut
    const packed = packRows(rows)
    const handOver = [packed.numbers.buffer, bodies.buffer as ArrayBuffer]
    send({ type: 'chunk', rows: packed, bodies, findings }, handOver)
    ahead += 1
    while (ahead >= chunksAheadMax) {
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }
}

try {
  await mapAndSend(workerData as MapFeedPlan)
} catch (error: unknown) {
  const { kind, reason, hint, place } =
    error instanceof WholesalerError
      ? error
      : (asShortage(error) ?? new WholesalerError({ kind: 'unexpected', message: messageOf(error), cause: error }))
  send({ type: 'error', error: { kind, message: reason, place, ...(hint === undefined ? {} : { hint }) } })
} finally {
  port.close()
}
