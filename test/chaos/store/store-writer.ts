/**
 * A process that counts up or reads a store. Arguments: subject, folder, `write N UPDATES EVERY_MS` or `read`.
 * Says `ready`, waits for `go`, then says `+` for each acknowledged update, `! why` for what went wrong, and
 * last `figures JSON`. A reader reads until its stdin ends.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { say, toldLines } from '../script-process.js'
import { openSubject, type Subject, type SubjectName } from './subject.js'

export interface WriterFigures {
  readonly heldMs: readonly number[]
  readonly tookMs: readonly number[]
}

async function write(subject: Subject, writer: number, updates: number, everyMs: number): Promise<void> {
  const tookMs: number[] = []
  for (let done = 0; done < updates; done += 1) {
    const startedAt = performance.now()
    try {
      await subject.update(writer)
      tookMs.push(performance.now() - startedAt)
      say('+')
    } catch (error: unknown) {
      say(`! ${oneLine(error)}`)
    }
    const restMs = everyMs - (performance.now() - startedAt)
    if (restMs > 0) await sleep(restMs)
  }
  const figures: WriterFigures = { heldMs: subject.heldMs, tookMs }
  say(`figures ${JSON.stringify(figures)}`)
}

/** Milliseconds between two looks: many readers, not a load test of reading. */
const readEveryMs = 20

async function read(subject: Subject, stopped: () => boolean): Promise<void> {
  let jobs: number | null = null
  let all = 0
  while (!stopped()) {
    try {
      const seen = await subject.read()
      jobs ??= seen.jobs
      if (seen.jobs !== jobs) say(`! ${seen.jobs} jobs, and ${jobs} before`)
      if (seen.all < all) say(`! ${seen.all} updates, and ${all} before`)
      all = seen.all
      say('=')
    } catch (error: unknown) {
      say(`! ${oneLine(error)}`)
    }
    await sleep(readEveryMs)
  }
}

function oneLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, ' ')
}

const [name = '', dir = '', task = '', writer, updates, everyMs] = process.argv.slice(2)
const subject = await openSubject(name as SubjectName, dir)
const told = toldLines()
say('ready')
await told.next()
if (task === 'write') await write(subject, Number(writer), Number(updates), Number(everyMs))
else {
  let ended = false
  void told.next().then(() => {
    ended = true
  })
  await read(subject, () => ended)
}
await subject.close()
process.exit(0)
