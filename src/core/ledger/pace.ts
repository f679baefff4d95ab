import { setImmediate } from 'node:timers/promises'
import type { Clock } from '../clock.js'

/** A lock may last 100 ms; half of that is left for a disk that has a bad moment. */
const stepMsMax = 50
/** Below this, larger steps are tried: fewer commits. */
const stepMsGood = 15
const rowsMin = 50
const rowsMax = 2_000

/** Cuts long work into steps that lock the database shortly, whatever the machine and its load. */
export class Pace {
  readonly #clock: Clock
  #rows = 500

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Does one step of about `rows` rows, then lets timers and I/O have their turn: heartbeats, signals. */
  async step<T>(work: (rows: number) => T): Promise<T> {
    const startedMs = this.#clock.monotonic()
    const result = work(this.#rows)
    const tookMs = this.#clock.monotonic() - startedMs
    if (tookMs > stepMsMax) this.#rows = Math.max(rowsMin, this.#rows >> 1)
    else if (tookMs < stepMsGood) this.#rows = Math.min(rowsMax, this.#rows * 2)
    await setImmediate()
    return result
  }
}
