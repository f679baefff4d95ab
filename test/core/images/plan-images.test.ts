import assert from 'node:assert/strict'
import fc from 'fast-check'
import { failureTtlMinMs } from '../../../src/core/images/failure-ttl.js'
import { wantedImages } from '../../../src/core/images/image.js'
import type { ImageFailure } from '../../../src/core/images/library.js'
import type { ImageBase } from '../../../src/core/images/normalize-url.js'
import { type PlanOptions, planImages } from '../../../src/core/images/plan-images.js'
import type { StoreImage } from '../../../src/core/store/store.js'
import { libraryImage } from '../../contract/ledger-fixture.js'

const base: ImageBase = { folders: ['/feeds'], url: null }
const now = Date.UTC(2026, 0, 15)
const known = libraryImage({ sha256: 'a'.repeat(64), storeId: '77' })

function stored(originalUrl: string | null, url = 'ab/abcd.jpg', id = '5'): StoreImage {
  return { id, originalUrl, url, sha256: null }
}

interface Case {
  readonly images?: readonly string[]
  readonly existing?: readonly StoreImage[]
  readonly library?: readonly string[]
  readonly failures?: Readonly<Record<string, number>>
  readonly options?: Partial<PlanOptions>
}

/** `action:reason` per decision; a kept image with its id. */
function plan({ images = [], existing = [], library = [], failures = {}, options = {} }: Case): readonly string[] {
  const wanted = wantedImages({ images: images.map((url) => ({ url })), variants: [] }, base)
  const failed = Object.entries(failures).map(([url, failedAt]): [string, ImageFailure] => [
    url,
    { url, code: 'http_404', reason: 'gone', failedAt, firstFailedAt: failedAt, times: 1 },
  ])
  const facts = {
    wanted,
    existing,
    library: new Map(library.map((url) => [url, known])),
    failures: new Map(failed),
  }
  return planImages(facts, { now, base, ...options }).map((decision) => {
    switch (decision.action) {
      case 'keep':
        return `keep ${decision.image.id}:${decision.reason}`
      case 'skip':
        return `skip:${decision.code}`
      default:
        return `${decision.action}:${decision.reason}`
    }
  })
}

describe('planImages', () => {
  const table: readonly (readonly [string, Case, readonly string[]])[] = [
    ['downloads what nobody knows', { images: ['https://e.com/1.jpg'] }, ['download:unknown']],
    [
      'keeps what the product has, by the address it came from',
      { images: ['https://e.com/1.jpg?utm_source=x'], existing: [stored('https://E.com/1.jpg')] },
      ['keep 5:original_url'],
    ],
    [
      'keeps what the product has, by its address in the shop',
      { images: ['https://shop.example/u/1.jpg'], existing: [stored(null, 'https://shop.example/u/1.jpg')] },
      ['keep 5:own_url'],
    ],
    [
      'takes a path below the media folder for no address',
      { images: ['ab/abcd.jpg'], existing: [stored('https://e.com/9.jpg', 'ab/abcd.jpg')] },
      ['download:unknown'],
    ],
    [
      'attaches what the library knows',
      { images: ['https://e.com/1.jpg'], library: ['https://e.com/1.jpg'] },
      ['attach:library'],
    ],
    [
      'prefers what the product has to the library',
      { images: ['https://e.com/1.jpg'], existing: [stored('https://e.com/1.jpg')], library: ['https://e.com/1.jpg'] },
      ['keep 5:original_url'],
    ],
    [
      'decides once about an address named in two ways',
      { images: ['https://e.com/1.jpg', 'https://e.com:443/1.jpg#x'] },
      ['download:unknown'],
    ],
    [
      'skips what is no address',
      { images: ['data:image/png;base64,AA', '../../etc/passwd'] },
      ['skip:bad_url', 'skip:outside_folder'],
    ],
    [
      'gets the four images that are missing of five',
      { images: [1, 2, 3, 4, 5].map((n) => `https://e.com/${n}.jpg`), existing: [stored('https://e.com/3.jpg')] },
      ['download:unknown', 'download:unknown', 'keep 5:original_url', 'download:unknown', 'download:unknown'],
    ],
    [
      'skips a recent failure while it is believed',
      { images: ['https://e.com/1.jpg'], failures: { 'https://e.com/1.jpg': now - failureTtlMinMs + 1 } },
      ['skip:http_404'],
    ],
    [
      'asks again as soon as its time is over',
      { images: ['https://e.com/1.jpg'], failures: { 'https://e.com/1.jpg': now - failureTtlMinMs } },
      ['download:failed_before'],
    ],
    [
      'asks again at once when told to',
      {
        images: ['https://e.com/1.jpg'],
        failures: { 'https://e.com/1.jpg': now - 1 },
        options: { retryFailed: true },
      },
      ['download:failed_before'],
    ],
    [
      'fetches what it knows when asked to refresh',
      {
        images: ['https://e.com/1.jpg', 'https://e.com/2.jpg'],
        existing: [stored('https://e.com/1.jpg')],
        library: ['https://e.com/2.jpg'],
        options: { refresh: true },
      },
      ['download:refresh', 'download:refresh'],
    ],
    [
      'attaches what was found behind the address since, where the bytes of the old image are known to be others',
      {
        images: ['https://e.com/1.jpg', 'https://e.com/2.jpg', 'https://e.com/3.jpg'],
        existing: [
          { ...stored('https://e.com/1.jpg', 'ab/1.jpg', '5'), sha256: 'b'.repeat(64) },
          { ...stored('https://e.com/2.jpg', 'ab/2.jpg', '6'), sha256: null },
          { ...stored('https://e.com/3.jpg', 'ab/3.jpg', '77'), sha256: 'b'.repeat(64) },
        ],
        library: ['https://e.com/1.jpg', 'https://e.com/2.jpg', 'https://e.com/3.jpg'],
      },
      ['attach:changed', 'keep 6:original_url', 'keep 77:original_url'],
    ],
  ]
  for (const [promise, facts, expected] of table) it(promise, () => assert.deepEqual(plan(facts), expected))

  it('says until when a failure is believed', () => {
    const wanted = wantedImages({ images: [{ url: 'https://e.com/1.jpg' }], variants: [] }, base)
    const failure = {
      url: 'https://e.com/1.jpg',
      code: 'http_410',
      reason: 'gone',
      failedAt: now,
      firstFailedAt: now,
      times: 1,
    }

    const [decision] = planImages(
      { wanted, existing: [], library: new Map(), failures: new Map([[failure.url, failure]]) },
      { now, base, retryAt: ({ failedAt }) => failedAt + 5000 },
    )

    assert.ok(decision?.action === 'skip')
    assert.deepEqual([decision.code, decision.retryAt], ['http_410', now + 5000])
  })

  describe('by file name', () => {
    const shop = 'https://shop.example/wp-content/uploads/2024/05'
    const names: readonly (readonly [string, readonly string[], readonly StoreImage[], readonly string[]])[] = [
      [
        'keeps an image of unknown origin',
        ['https://e.com/shoe.jpg'],
        [stored(null, `${shop}/shoe.jpg`)],
        ['keep 5:same_file_name'],
      ],
      [
        'sees through the suffixes of WordPress',
        ['https://e.com/shoe.jpg'],
        [stored(null, `${shop}/shoe-1-scaled.jpg`)],
        ['keep 5:same_file_name'],
      ],
      [
        'sees through sizes',
        ['https://e.com/shoe.jpg'],
        [stored(null, `${shop}/shoe-300x200.jpg`)],
        ['keep 5:same_file_name'],
      ],
      [
        'sees through spaces and case',
        ['https://e.com/My%20Shoe.JPG'],
        [stored(null, `${shop}/my-shoe.jpg`)],
        ['keep 5:same_file_name'],
      ],
      [
        'keeps an image whose host has changed',
        ['https://cdn2.e.com/p/shoe.jpg'],
        [stored('https://cdn1.e.com/p/shoe.jpg')],
        ['keep 5:same_file_name'],
      ],
      [
        'holds /red/1.jpg and /blue/1.jpg for two images (I10)',
        ['https://e.com/red/1.jpg', 'https://e.com/blue/1.jpg'],
        [stored(null, `${shop}/1.jpg`)],
        ['download:unknown', 'download:unknown'],
      ],
      [
        'does not take the image of one folder for that of another (I10)',
        ['https://e.com/blue/1.jpg'],
        [stored('https://e.com/red/1.jpg')],
        ['download:unknown'],
      ],
      [
        'does not choose between two images of that name',
        ['https://e.com/1.jpg'],
        [stored(null, `${shop}/1.jpg`, '5'), stored(null, `${shop}/1-1.jpg`, '6')],
        ['download:unknown'],
      ],
      [
        'leaves an image to the address it came from',
        ['https://e.com/red/1.jpg', 'https://e.com/blue/2.jpg'],
        [stored('https://e.com/red/1.jpg', `${shop}/2.jpg`)],
        ['keep 5:original_url', 'download:unknown'],
      ],
      [
        "does not take a wholesaler's second picture for the first",
        ['https://e.com/shoe-2.jpg'],
        [stored(null, `${shop}/shoe.jpg`)],
        ['download:unknown'],
      ],
      [
        'does not trust the name of a script',
        ['https://e.com/image.php?id=2'],
        [stored(null, `${shop}/image.php`)],
        ['download:unknown'],
      ],
      [
        'tells a version from the one before',
        ['https://e.com/1.jpg?v=2'],
        [stored('https://e.com/1.jpg?v=1')],
        ['download:unknown'],
      ],
    ]
    for (const [promise, images, existing, expected] of names) {
      it(promise, () => assert.deepEqual(plan({ images, existing }), expected))
    }
  })

  it('decides about every wanted picture exactly once, and never downloads what is known', () => {
    const url = fc.integer({ min: 0, max: 9 }).map((n) => `https://e.com/${n % 3}/${n}.jpg`)
    fc.assert(
      fc.property(fc.array(url), fc.array(url), fc.array(url), (images, has, knows) => {
        const existing = has.map((from, index) => stored(from, 'ab/x.jpg', String(index)))
        const decisions = plan({ images, existing, library: knows })
        const distinct = [...new Set(images)]
        assert.equal(decisions.length, distinct.length)
        for (const [index, address] of distinct.entries()) {
          const expected = has.includes(address) ? 'keep' : knows.includes(address) ? 'attach' : 'download'
          assert.equal(decisions[index]?.split(/[ :]/)[0], expected)
        }
      }),
    )
  })
})

describe('wantedImages', () => {
  it('names the pictures of the product first, then those of variants only, each once', () => {
    const wanted = wantedImages(
      {
        images: [
          { url: 'https://e.com/1.jpg', alt: 'front' },
          { url: 'https://e.com/2.jpg' },
          { url: 'https://e.com/1.jpg#x' },
        ],
        variants: [
          { key: 'red', options: [], image: { url: 'https://e.com/2.jpg' } },
          { key: 'blue', options: [], image: { url: 'https://e.com/3.jpg' } },
          { key: 'navy', options: [], image: { url: 'https://e.com/3.jpg' } },
          { key: 'none', options: [], image: null },
        ],
      },
      base,
    )

    assert.deepEqual(
      wanted.map(({ url, alt, inGallery, variants, references }) => ({ url, alt, inGallery, variants, references })),
      [
        { url: 'https://e.com/1.jpg', alt: 'front', inGallery: true, variants: [], references: 2 },
        { url: 'https://e.com/2.jpg', alt: undefined, inGallery: true, variants: ['red'], references: 2 },
        { url: 'https://e.com/3.jpg', alt: undefined, inGallery: false, variants: ['blue', 'navy'], references: 2 },
      ],
    )
  })
})
