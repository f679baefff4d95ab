/**
 * A database that many short requests need: opened by the first, lent to those that follow, and closed soon. It is never
 * kept for long, so that a file that was put in its place is the one that is asked.
 */
import type { Clock } from '../core/clock.js'

export interface Keeper<T> {
  /** Throws what opening throws, and what `body` throws. */
  use<R>(body: (thing: T) => Promise<R>): Promise<R>
  close(): Promise<void>
}

/** Milliseconds after which the next one is opened. */
const keptMs = 5_000

interface Kept<T> {
  readonly thing: Promise<T>
  readonly openedAtMs: number
  users: number
  isOver: boolean
}

export function createKeeper<T extends { close(): Promise<void> }>(
  open: () => Promise<T>,
  clock: Pick<Clock, 'monotonic'>,
): Keeper<T> {
  let current: Kept<T> | null = null
  let timer: NodeJS.Timeout | undefined

  const closeUnused = async (kept: Kept<T>): Promise<void> => {
    if (!kept.isOver || kept.users > 0) return
    // One that could not be opened has nothing to close.
    const thing = await kept.thing.catch(() => null)
    // It was only looked at: nothing is lost when closing fails.
    await thing?.close().catch(() => {})
  }
  const retire = async (kept: Kept<T>): Promise<void> => {
    if (current === kept) current = null
    if (kept.isOver) return
    kept.isOver = true
    await closeUnused(kept)
  }
  const take = (): Kept<T> => {
    const nowMs = clock.monotonic()
    if (current !== null && nowMs - current.openedAtMs < keptMs) return current
    const last = current
    const next: Kept<T> = { thing: open(), openedAtMs: nowMs, users: 0, isOver: false }
    current = next
    if (last !== null) void retire(last)
    next.thing.catch(() => retire(next))
    clearTimeout(timer)
    timer = setTimeout(() => void retire(next), keptMs)
    timer.unref()
    return next
  }
  return {
    async use(body) {
      const kept = take()
      kept.users += 1
      try {
        return await body(await kept.thing)
      } finally {
        kept.users -= 1
        await closeUnused(kept)
      }
    },
    async close() {
      clearTimeout(timer)
      if (current !== null) await retire(current)
    },
  }
}
