/** Questions to a person at a terminal: on stderr, since stdout carries data only. Secrets are not shown as they come. */
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { WholesalerError } from '../core/errors.js'

export interface Asker {
  /** Asks until `check` finds nothing wrong with the answer. An empty answer is `fallback`. */
  ask(question: string, options?: AskOptions): Promise<string>
  close(): void
}

export interface AskOptions {
  /** Taken for an empty answer, and shown. */
  readonly fallback?: string
  /** Typed unseen. */
  readonly secret?: boolean
  /** What is wrong with an answer; null when nothing is. */
  readonly check?: (answer: string) => string | null
}

export function openAsker(
  input: NodeJS.ReadableStream = process.stdin,
  output: NodeJS.WritableStream = process.stderr,
): Asker {
  let muted = false
  const screen = new Writable({
    write(chunk, _encoding, done) {
      if (!muted) output.write(chunk)
      done()
    },
  })
  const lines = createInterface({ input, output: screen, terminal: true })
  /** Lines that came before anybody asked, as when several are pasted. */
  const early: string[] = []
  let hasEnded = false
  let waiting: { readonly take: (line: string) => void; readonly stop: (error: Error) => void } | null = null
  lines.on('line', (line) => {
    if (waiting === null) early.push(line)
    else waiting.take(line)
    waiting = null
  })
  const stop = () => {
    hasEnded = true
    waiting?.stop(stopped())
  }
  lines.on('SIGINT', stop)
  lines.on('close', stop)

  async function askOnce(question: string, secret: boolean): Promise<string> {
    if (hasEnded) throw stopped()
    if (secret) output.write(question)
    muted = secret
    lines.setPrompt(secret ? '' : question)
    lines.prompt()
    const known = early.shift()
    try {
      if (known !== undefined) return known
      return await new Promise<string>((take, stopAsking) => {
        waiting = { take, stop: stopAsking }
      })
    } finally {
      if (secret) output.write('\n')
      muted = false
    }
  }

  return {
    async ask(question, { fallback, secret = false, check = () => null } = {}) {
      const shown = `${question}${fallback === undefined || fallback === '' ? '' : ` [${fallback}]`}: `
      for (;;) {
        const typed = (await askOnce(shown, secret)).trim()
        const answer = typed === '' ? (fallback ?? '') : typed
        const fault = check(answer)
        if (fault === null) return answer
        output.write(`  ${fault}\n`)
      }
    },
    close: () => lines.close(),
  }
}

function stopped(): WholesalerError {
  return new WholesalerError({ kind: 'interrupted', message: 'stopped; nothing was written' })
}
