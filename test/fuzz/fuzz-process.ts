/** Fuzzes one parser from a round on, and tells its parent of each; dies of the first defect. Run by `run.ts`. */
import { type FuzzedParser, openFuzzer } from './feed-fuzz.js'

/** Rounds between two messages. */
const tellEvery = 20

/** A reading of some kilobytes that takes longer hangs. */
const hangMs = 5_000

export interface FuzzMessage {
  /** Rounds that are done, and the one that begins. */
  readonly next: number
  readonly read: number
  readonly refused: number
  readonly rssMb: number
  /** Of all rounds. */
  readonly slowestMs: number
  readonly failure?: string
}

const [parser = '', seed = '', first = '', until = ''] = process.argv.slice(2)
const fuzzer = await openFuzzer(parser as FuzzedParser, Number(seed))
const counts = { read: 0, refused: 0 }
let slowestMs = 0
const say = (next: number, failure?: string): void => {
  const rssMb = Math.round(process.memoryUsage.rss() / 2 ** 20)
  process.send?.({
    next,
    ...counts,
    rssMb,
    slowestMs,
    ...(failure === undefined ? {} : { failure }),
  } satisfies FuzzMessage)
}

for (let round = Number(first); round < Number(until || Number.POSITIVE_INFINITY); round += 1) {
  if (round % tellEvery === 0) say(round)
  try {
    const began = performance.now()
    counts[await fuzzer.round(round)] += 1
    const ms = performance.now() - began
    slowestMs = Math.max(slowestMs, Math.round(ms))
    if (ms > hangMs) throw new Error(`the round took ${Math.round(ms)} ms`)
  } catch (error: unknown) {
    say(round, error instanceof Error ? (error.stack ?? error.message) : String(error))
    await fuzzer.close()
    process.exit(1)
  }
}
say(Number(until))
await fuzzer.close()
process.disconnect()
