/**
 * Main file of a decoder process (`decoder-child.ts` starts it): decodes one picture after the other, and ends
 * itself when one takes too much time or memory, or when its parent is gone.
 */
import { messageOf } from '../errors.js'
import { decodeHere, decodeUnlessLarge } from './decode.js'
import {
  type DecoderAnswer,
  type DecoderMessage,
  type DecoderRequest,
  type DecoderSettings,
  memorySignal,
  timeSignal,
} from './decoder-protocol.js'
import { imageProblem } from './image.js'
import { looksHere } from './look.js'
import { loadSharp } from './sharp-lib.js'

/** Time between looks at what a picture takes: a decoder can fill some 15 MB meanwhile. */
const watchEveryMs = 10

const { limits, rules }: DecoderSettings = JSON.parse(process.argv[2] ?? '')

/** The event loop is free while libvips works in threads of its own: this watch runs beside it. */
function watch(): () => void {
  const before = process.cpuUsage()
  const timer = setInterval(() => {
    const { user, system } = process.cpuUsage(before)
    if (user + system > limits.cpuSeconds * 1e6) process.kill(process.pid, timeSignal)
    else if (process.memoryUsage.rss() > limits.rssBytes) process.kill(process.pid, memorySignal)
  }, watchEveryMs)
  return () => clearInterval(timer)
}

async function answer(request: DecoderRequest): Promise<void> {
  send({ type: 'begun' })
  const stop = watch()
  try {
    send({ type: 'answer', answer: await answerTo(request) })
  } catch (error: unknown) {
    send({ type: 'answer', answer: imageProblem('unreadable', `the file cannot be read (${messageOf(error)})`) })
  } finally {
    stop()
  }
}

async function answerTo(request: DecoderRequest): Promise<DecoderAnswer> {
  if (request.type === 'look') return { ok: 'seen', look: await looksHere[request.kind](request.content) }
  const { content, evenLarge } = request
  return evenLarge ? await decodeHere(content, rules) : await decodeUnlessLarge(content, rules)
}

function send(message: DecoderMessage): void {
  process.send?.(message)
}

// Ending by exit() would wait for the threads that decode.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
// Ctrl-C reaches the whole group; it is the parent that decides what becomes of the work.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})

let work: Promise<void> = Promise.resolve()
process.on('message', (request: DecoderRequest) => {
  work = work.then(() => answer(request))
})

try {
  await loadSharp()
  send({ type: 'ready' })
} catch (error: unknown) {
  send({ type: 'unusable', reason: messageOf(error) })
}
