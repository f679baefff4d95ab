import assert from 'node:assert/strict'
import { defineGoal, everyRound, type Goal } from './goal.js'
import { assertKept, judge, report } from './judge.js'
import { seededRandom } from './random.js'

const evenGoal = defineGoal({
  name: 'even',
  promise: 'every round is even',
  flags: { runs: 3, first: 0, rate: 1 },
  run: async (flags) => ({
    figures: { rounds: flags.runs },
    broken: await everyRound(flags, async (run) => (run % 2 === 0 ? [] : [`${run} is odd`])),
  }),
}) as unknown as Goal

describe('the harness of faults', () => {
  it('says what was broken and how to have that very round again', async () => {
    const judged = await judge(evenGoal, { runs: 3, first: 0, rate: 2 }, { seed: 7, say: () => {} })

    assert.deepEqual(judged.verdict.broken, [{ what: '1 is odd', run: 1 }])
    const text = report(judged).join('\n')
    assert.match(text, /BROKEN in run 1: 1 is odd\n.*npm run chaos -- even --seed 7 --runs 1 --first 1 --rate 2\n/)
    assert.throws(() => assertKept(judged), /every round is even(.|\n)*BROKEN/)
  })

  it('says KEPT, with what was measured, when every round went well', async () => {
    const judged = await judge(evenGoal, { runs: 1, first: 2, rate: 1 }, { seed: 7, say: () => {} })

    assert.match(report(judged).join('\n'), /rounds +1\n(.|\n)*KEPT$/)
    assertKept(judged)
  })

  it('counts what a round throws as broken, and goes on with the others', async () => {
    const done: number[] = []
    const broken = await everyRound({ runs: 4, first: 1, parallel: 2 }, async (run) => {
      if (run === 2) throw new Error('fell over')
      done.push(run)
      return []
    })

    assert.deepEqual(done.sort(), [1, 3, 4])
    assert.equal(broken.length, 1)
    assert.match(broken[0]?.what ?? '', /fell over/)
  })

  it('has the same chance for the same seed and round, another for another', () => {
    const numbers = (...seeds: number[]) => {
      const random = seededRandom(...seeds)
      return Array.from({ length: 20 }, () => random.integer(0, 1_000_000))
    }

    assert.deepEqual(numbers(7, 1), numbers(7, 1))
    assert.notDeepEqual(numbers(7, 1), numbers(7, 2))
    assert.notDeepEqual(numbers(7, 1), numbers(1, 7))
  })

  it('draws whole numbers over their whole range, both ends included', () => {
    const random = seededRandom(3)
    const drawn = new Set(Array.from({ length: 1000 }, () => random.integer(2, 5)))

    assert.deepEqual([...drawn].sort(), [2, 3, 4, 5])
    assert.ok(Array.from({ length: 1000 }, () => random.fraction()).every((value) => value >= 0 && value < 1))
  })
})
