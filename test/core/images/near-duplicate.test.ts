import assert from 'node:assert/strict'
import fc from 'fast-check'
import { gatherGroups, keepFirst } from '../../../src/core/images/image-groups.js'
import {
  hashDistance,
  hasSameShape,
  isTelling,
  nearDistanceMax,
  nearPairs,
} from '../../../src/core/images/near-duplicate.js'
import type { StoredImage } from '../../../src/core/store/store.js'

const looks = (perceptualHash: string, width = 100, height = 75) => ({ perceptualHash, width, height })

describe('near duplicates', () => {
  it('are as many bits apart as their hashes', () => {
    assert.equal(hashDistance('0000000000000000', 'ffffffffffffffff'), 64)
    assert.equal(hashDistance('8000000000000001', '0000000000000000'), 2)
    assert.equal(hashDistance('00000000ffffffff', '00000000ffffffff'), 0)
  })

  it('have the same shape, whatever their size, to a pixel', () => {
    assert.ok(hasSameShape(looks('', 1000, 750), looks('', 333, 250)))
    assert.ok(hasSameShape(looks('', 333, 250), looks('', 1000, 750)))
    assert.ok(!hasSameShape(looks('', 1000, 750), looks('', 400, 302)))
    assert.ok(!hasSameShape(looks('', 100, 75), looks('', 75, 100)))
  })

  it('are not looked for among pictures that say nothing, such as two white ones', () => {
    const plain = looks('0000000000000001')

    assert.equal(isTelling(plain), false)
    assert.deepEqual(nearPairs([plain, { ...plain }]), [])
  })

  it('are all found, each once, and no others', () => {
    const word = fc.integer({ min: 0, max: 0xffffffff })
    const hash = fc.tuple(word, word).map((words) => words.map((each) => each.toString(16).padStart(8, '0')).join(''))
    const flips = fc.array(fc.integer({ min: 0, max: 63 }), { maxLength: 9 })
    const flipped = (text: string, bits: readonly number[]) =>
      bits
        .reduce((value, bit) => value ^ (1n << BigInt(bit)), BigInt(`0x${text}`))
        .toString(16)
        .padStart(16, '0')
    fc.assert(
      fc.property(hash, fc.array(flips, { maxLength: 6 }), fc.array(hash, { maxLength: 6 }), (first, near, others) => {
        const pictures = [first, ...near.map((bits) => flipped(first, bits)), ...others].map((each) => looks(each))
        const telling = pictures.filter(isTelling)
        const expected = telling.flatMap((one, index) =>
          telling
            .slice(index + 1)
            .filter((other) => hashDistance(one.perceptualHash, other.perceptualHash) <= nearDistanceMax),
        )

        const found = nearPairs(pictures)

        assert.equal(found.length, expected.length)
        assert.ok(
          found.every(
            ({ one, other, distance }) => hashDistance(one.perceptualHash, other.perceptualHash) === distance,
          ),
        )
      }),
    )
  })
})

describe('groups of equal pictures', () => {
  it('join pairs that share a picture', () => {
    const pairs = [
      { one: 'a', other: 'b', distance: 1 },
      { one: 'c', other: 'd', distance: 0 },
      { one: 'e', other: 'd', distance: 2 },
      { one: 'b', other: 'e', distance: 3 },
      { one: 'x', other: 'y', distance: 0 },
    ]

    const groups = gatherGroups(pairs)

    assert.deepEqual(
      groups.map(({ images, distance }) => [images.toSorted().join(''), distance]),
      [
        ['abcde', 3],
        ['xy', 0],
      ],
    )
  })

  it('keep the one that is shown most, or the largest, then the older one', () => {
    const image = (id: string, uses: number, width: number) =>
      ({ id, width, height: 10, uses: Array.from({ length: uses }) }) as unknown as StoredImage
    const images = [image('1', 1, 10), image('2', 3, 10), image('3', 1, 99), image('4', 3, 10)]
    const order = (best: 'most shown' | 'largest') =>
      keepFirst({ images, distance: 0 }, best).images.map(({ id }) => id)

    assert.deepEqual(order('most shown'), ['2', '4', '3', '1'])
    assert.deepEqual(order('largest'), ['3', '2', '4', '1'])
  })
})
