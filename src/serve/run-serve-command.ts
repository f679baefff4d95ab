/** What `serve` does between its flags and its end. */

import { plain, toStderr } from '../cli/print.js'
import type { Clock } from '../core/clock.js'
import type { StatePlace } from '../core/config/find-state-dir.js'
import { messageOf } from '../core/errors.js'
import { type Serving, serve, serveDocument } from './serve.js'
import { tokenVariable } from './token.js'

export interface ServeFlags {
  readonly port: number
  readonly host: string
  readonly 'require-token': boolean
  readonly 'allow-host'?: readonly string[] | undefined
}

export interface ServeCommand {
  readonly place: StatePlace
  readonly flags: ServeFlags
  readonly clock: Clock
  readonly answer: (document: object, text: () => string) => void
}

/** Serves until it is told to stop. Jobs that were started go on: they are processes of their own. */
export async function runServeCommand({ place, flags, clock, answer }: ServeCommand): Promise<void> {
  const env = { ...process.env }
  // Neither a report of a crash nor a process that is started has any business with it.
  delete process.env[tokenVariable]
  const serving = await serve({
    place,
    host: flags.host,
    port: flags.port,
    requireToken: flags['require-token'],
    allowHosts: flags['allow-host'] ?? [],
    env,
    clock,
    report: reporter(clock),
  })
  const told = toldToStop()
  answer(serveDocument(serving), () => servingText(serving))
  await told
  await serving.close()
}

/** Milliseconds in which the same is not said again: what is wrong is met by every look. */
const repeatMs = 60_000

function reporter(clock: Clock): (error: unknown) => void {
  let said = ''
  let saidAtMs = Number.NEGATIVE_INFINITY
  return (error) => {
    const message = plain(messageOf(error))
    if (message === said && clock.monotonic() - saidAtMs < repeatMs) return
    said = message
    saidAtMs = clock.monotonic()
    toStderr(`Warning: ${message}\n`)
  }
}

function servingText({ url, loginUrl }: Serving): string {
  return `Serving at ${url}\nThe page, by this link, once: ${loginUrl}\nCtrl-C ends it; jobs go on.\n`
}

/** A second signal ends the process at once. */
function toldToStop(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
}
