/** Stops asking a shop that fails again and again, so that a broken shop is not hammered all night. */
import type { Clock } from '../../clock.js'
import { WholesalerError } from '../../errors.js'

/** Failures in a row after which nothing more is sent. */
const failuresMax = 10
/** After this time one request is let through again, to see whether the shop has come back. */
const restMs = 60_000

export class Circuit {
  readonly #clock: Clock
  readonly #site: string
  #failures = 0
  #openedAt = 0
  #lastReason = ''

  constructor(site: string, clock: Clock) {
    this.#site = site
    this.#clock = clock
  }

  /** Throws `temporary` while the circuit is open. */
  check(): void {
    if (this.#failures < failuresMax) return
    const now = this.#clock.monotonic()
    if (now - this.#openedAt >= restMs) {
      this.#openedAt = now
      return
    }
    throw new WholesalerError({
      kind: 'temporary',
      message: `the shop failed ${this.#failures} times in a row, the last time: ${this.#lastReason}`,
      hint: 'What was finished is kept. Look into the shop, then run the import again.',
      place: { url: this.#site },
    })
  }

  failed(reason: string): void {
    this.#failures += 1
    this.#lastReason = reason
    if (this.#failures === failuresMax) this.#openedAt = this.#clock.monotonic()
  }

  succeeded(): void {
    this.#failures = 0
  }
}
