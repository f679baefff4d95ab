import { openFuzzer, parsers } from './feed-fuzz.js'

/** A short form of `npm run fuzz`: the same rounds each time, so that a red run is one to repeat. */
const seed = 1
const rounds = 150

describe('damaged feeds', function () {
  this.timeout(60_000)

  for (const parser of parsers) {
    it(`of ${parser} are read or refused, and crash nothing (${rounds} of them)`, async () => {
      const fuzzer = await openFuzzer(parser, seed)
      try {
        for (let round = 0; round < rounds; round += 1) {
          try {
            await fuzzer.round(round)
          } catch (error: unknown) {
            const again = `npm run fuzz -- ${parser} --seed ${seed} --first ${round} --rounds 1`
            throw new Error(`round ${round} crashed; again: ${again}`, { cause: error })
          }
        }
      } finally {
        await fuzzer.close()
      }
    })
  }
})
