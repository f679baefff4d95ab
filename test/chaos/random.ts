/** Chance that can be had again: the same seed, the same numbers. */

export interface Random {
  /** From 0 up to, not including, 1. */
  fraction(): number
  /** A whole number, both ends included. */
  integer(min: number, max: number): number
  pick<T>(items: readonly T[]): T
}

/** One stream of numbers for a seed and whatever tells this stream from others. */
export function seededRandom(...seeds: readonly number[]): Random {
  let state = seeds.reduce((mixed, seed) => scramble(mixed ^ seed), 0x2545f491)
  const fraction = () => {
    state = (state + 0x9e3779b9) | 0
    return scramble(state) / 2 ** 32
  }
  return {
    fraction,
    integer: (min, max) => min + Math.floor(fraction() * (max - min + 1)),
    pick(items) {
      const item = items[Math.floor(fraction() * items.length)]
      if (item === undefined) throw new Error('nothing to pick from')
      return item
    },
  }
}

/** Finalizer of MurmurHash3 (public domain, Austin Appleby): every bit of the input moves every bit of the result. */
function scramble(value: number): number {
  let mixed = value
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
