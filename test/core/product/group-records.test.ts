import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import fc from 'fast-check'
import type { FeedEnd, FeedRecord } from '../../../src/core/feed/feed.js'
import { type GroupOptions, groupRecords } from '../../../src/core/product/group-records.js'
import { inTempDir } from '../../support/temp-dir.js'
import { records } from './map-text.js'

async function* inChunks(
  all: readonly FeedRecord[],
  size: number,
): AsyncGenerator<readonly FeedRecord[], FeedEnd, void> {
  for (let at = 0; at < all.length; at += size) yield all.slice(at, at + size)
  return { complete: true, records: all.length }
}

/** Rows are `[name, value]`; a row without a name stands alone. */
const namesOf: GroupOptions['namesOf'] = ({ data }) =>
  (data as readonly string[])[0]?.split('|').filter((name) => name !== '') ?? []

async function group(
  rows: readonly (readonly string[])[],
  options: Partial<GroupOptions> = {},
  chunk = 3,
): Promise<string[]> {
  return inTempDir(async (spillDir) => {
    const surplus: string[] = []
    const groups = groupRecords(inChunks(records(...rows), chunk), {
      namesOf,
      mustWait: () => false,
      spillDir,
      onSurplus: ({ data }) => surplus.push(String((data as readonly string[])[1])),
      ...options,
    })
    const found: string[] = []
    for await (const some of groups) {
      for (const one of some) found.push(one.map(({ data }) => (data as readonly string[])[1]).join(' '))
    }
    assert.deepEqual(await readdir(spillDir), [], 'nothing stays behind')
    return found
  })
}

const everywhere = [
  ['in memory', {}],
  ['in a temporary database', { inMemoryMax: 0 }],
] as const

for (const [where, options] of everywhere) {
  describe(`grouping ${where}`, () => {
    it('brings records of one name together, each group where its first record stood', async () => {
      const rows = [
        ['', '1'],
        ['a', '2'],
        ['b', '3'],
        ['a', '4'],
        ['', '5'],
        ['b', '6'],
        ['a', '7'],
      ]
      assert.deepEqual(await group(rows, options), ['1', '2 4 7', '3 6', '5'])
    })

    it('joins groups that turn out to be one', async () => {
      const rows = [
        ['sku:x', '1'],
        ['id:7', '2'],
        ['', '3'],
        ['sku:x|id:7', '4'],
        ['id:7', '5'],
      ]
      assert.deepEqual(await group(rows, options), ['1 2 4 5', '3'])
    })

    it('gives the same groups for any order of the rows', async () => {
      const rows = fc.array(fc.tuple(fc.constantFrom('', 'a', 'b', 'c', 'a|d', 'd'), fc.nat().map(String)), {
        maxLength: 30,
      })
      await fc.assert(
        fc.asyncProperty(
          rows.chain((all) => {
            const numbered = all.map(([name], index) => [name, String(index)] as const)
            return fc.tuple(fc.constant(numbered), fc.shuffledSubarray(numbered, { minLength: numbered.length }))
          }),
          fc.integer({ min: 1, max: 9 }),
          async ([inOrder, mixed], chunk) => {
            const sorted = (groups: readonly string[]) => groups.map((one) => one.split(' ').sort().join(' ')).sort()
            assert.deepEqual(sorted(await group(mixed, options, chunk)), sorted(await group(inOrder, options)))
          },
        ),
        { numRuns: 30 },
      )
    })

    it('hands records that are too many for one group back', async () => {
      const rows = Array.from({ length: 10_003 }, (_, index) => ['a', String(index)])
      const surplus: string[] = []
      const onSurplus = ({ data }: FeedRecord) => surplus.push(String((data as readonly string[])[1]))
      const [only] = await group(rows, { ...options, onSurplus }, 500)
      assert.equal(only?.split(' ').length, 10_000)
      assert.deepEqual(surplus, ['10000', '10001', '10002'])
    })
  })
}

describe('grouping', () => {
  it('gives the same on disk as in memory', async () => {
    const rows = Array.from({ length: 2500 }, (_, index) => [
      index % 3 === 0 ? '' : `g${(index * 7) % 101}`,
      String(index),
    ])
    const inMemory = await group(rows, { inMemoryMax: 5000 }, 100)
    assert.deepEqual(await group(rows, {}, 100), inMemory)
    assert.deepEqual(await group(rows, { inMemoryMax: 0 }, 100), inMemory)
  })

  it('passes records through as they come until one has others', async () => {
    await inTempDir(async (spillDir) => {
      const seen: string[] = []
      const source = inChunks(records(['', '1'], ['', '2'], ['a', '3'], ['', '4']), 1)
      const options = { namesOf, mustWait: () => false, spillDir, onSurplus: () => {} }
      for await (const some of groupRecords(source, options)) seen.push(some.map((one) => one.length).join())
      assert.deepEqual(seen, ['1', '1', '1,1'])
    })
  })

  it('leaves nothing behind when the feed fails or nobody reads on', async () => {
    await inTempDir(async (spillDir) => {
      async function* failing(): AsyncGenerator<readonly FeedRecord[], FeedEnd, void> {
        yield records(['a', '1'], ['a', '2'])
        throw new Error('cut off')
      }
      const options = { namesOf, mustWait: () => false, spillDir, onSurplus: () => {}, inMemoryMax: 0 }
      await assert.rejects(async () => {
        for await (const _ of groupRecords(failing(), options)) assert.fail('no group is complete')
      }, /cut off/)
      for await (const _ of groupRecords(inChunks(records(['', '1'], ['a', '2'], ['b', '3']), 1), options)) break
      assert.deepEqual(await readdir(spillDir), [])
    })
  })
})
