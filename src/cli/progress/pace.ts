/** How fast a count grows, over the last seconds: a rate since the start would lag behind every change. */

/** Long enough to even out batches and slow images, short enough to follow a change. */
const windowMs = 15_000

/** Samples closer together than this are merged: a fast feed reports hundreds of times a second. */
const sampleMs = 250

interface Sample {
  readonly atMs: number
  readonly done: number
}

export class Pace {
  private readonly samples: Sample[] = []
  private latest: Sample | null = null

  get latestMs(): number {
    return this.latest?.atMs ?? Number.NEGATIVE_INFINITY
  }

  note(atMs: number, done: number): void {
    this.latest = { atMs, done }
    const last = this.samples.at(-1)
    if (last !== undefined && atMs - last.atMs < sampleMs) return
    this.samples.push(this.latest)
    // One sample from before the window stays: it is where the window begins.
    while (this.samples.length > 2 && (this.samples[1]?.atMs ?? atMs) < atMs - windowMs) this.samples.shift()
  }

  /** Per second; null while it is too early to tell. */
  perSecond(): number | null {
    const [first] = this.samples
    if (first === undefined || this.latest === null) return null
    const elapsedMs = this.latest.atMs - first.atMs
    if (elapsedMs < sampleMs || this.latest.done <= first.done) return null
    return ((this.latest.done - first.done) / elapsedMs) * 1000
  }

  /** Seconds until `total` at this pace; null when it cannot be told. */
  secondsTo(total: number): number | null {
    const rate = this.perSecond()
    if (rate === null || this.latest === null) return null
    return Math.max(0, (total - this.latest.done) / rate)
  }
}
