import assert from 'node:assert/strict'
import { chmod, mkdir } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import { withServer } from '../support/local-server.js'
import { zipOf } from '../support/zip.js'
import { csvFeed, type ImportAnswer, inWorkplace, type Workplace } from './workplace.js'

interface BadInput {
  readonly title: string
  readonly name: string
  readonly content: string | Uint8Array
  readonly says: RegExp
  /** Default 7. */
  readonly code?: number
}

const html = '<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body><p>Please sign in</p></body></html>\n'

/** A feed of this many elements, each inside the one before it. */
const nested = (depth: number) => `<products><product>${'<a>'.repeat(depth)}`

const inputs: readonly BadInput[] = [
  { title: 'an empty file (F11)', name: 'a.csv', content: '', says: /empty/ },
  { title: 'white space only (F11)', name: 'a.csv', content: ' \r\n\n\t \n', says: /empty/ },
  { title: 'a byte order mark only (F11)', name: 'a.csv', content: '\ufeff', says: /empty/ },
  { title: 'a header only (F11)', name: 'a.csv', content: 'sku,name,price\n', says: /no record/ },
  {
    title: 'an XML root without records (F11)',
    name: 'a.xml',
    content: '<products></products>',
    says: /no record|no element|empty/,
  },
  { title: 'an empty JSON list (F11)', name: 'a.json', content: '[]', says: /no record|no element|empty/ },
  { title: 'an HTML page instead of a CSV feed (F11)', name: 'a.csv', content: html, says: /HTML/ },
  { title: 'an HTML page instead of an XML feed (F11)', name: 'a.xml', content: html, says: /HTML/ },
  {
    title: 'a truncated gzip (F1)',
    name: 'a.csv.gz',
    content: gzipSync(csvFeed(Array.from({ length: 500 }, (_, index) => `X${index * 7919}`))).subarray(0, 900),
    says: /gzip.*(ends|cut|early|damaged)|(ends|cut|early|damaged).*gzip/,
  },
  {
    title: 'a zip without a feed in it (F14)',
    name: 'a.zip',
    content: zipOf([{ name: 'photo.jpg', data: Buffer.from('ffd8ffe000104a46494600010100000100010000ffdb', 'hex') }]),
    says: /binary|not text|no text|control|NUL/i,
  },
  {
    title: 'a zip with an encrypted feed (F14)',
    name: 'a.zip',
    content: zipOf([{ name: 'a.csv', data: csvFeed(['A']), flags: 1 }]),
    says: /encrypted/,
  },
  {
    title: 'a program instead of a feed (F3)',
    name: 'a.csv',
    content: Buffer.concat([Buffer.from('\x7fELF\x02\x01\x01\0'), Buffer.alloc(4096, '\0\x01\x90\xff\xfe\x80')]),
    says: /binary|not text|no text|control|NUL/i,
  },
  {
    title: 'an XML entity bomb (F7)',
    name: 'a.xml',
    content: `<!DOCTYPE p [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><p><product><id>1</id><name>&b;</name></product></p>`,
    says: /:1:\d+: .*(entit|DOCTYPE|DTD)/i,
  },
  { title: 'XML nested without end (F8)', name: 'a.xml', content: nested(100_000), says: /deep|nest/ },
  {
    title: 'JSON that is cut off (F1)',
    name: 'a.json',
    content: '[{"sku":"A","name":"One"},{"sku":"B","na',
    says: /:1:\d+: /,
  },
  {
    title: 'a quote that is never closed (F4)',
    name: 'a.csv',
    content: 'sku,name\nA,"One\nB,Two\n',
    says: /:2: .*quote is opened and never closed/,
  },
]

/** A good feed of `acme`, imported; a bad one, refused; then the good one again, as if nothing had happened. */
async function assertLeavesNoTrace(place: Workplace, bad: () => Promise<ImportAnswer>): Promise<ImportAnswer> {
  await place.write('good.csv', csvFeed(['A', 'B']))
  const good = () => place.importJson('good.csv', '--as', 'acme', '--no-images')
  await good()
  const before = await place.catalog()

  const answer = await bad()
  assert.deepEqual([answer.success, answer.job?.total_processed ?? 0], [false, 0])
  assert.doesNotMatch(answer.stderr, /\n +at /)

  assert.deepEqual(await place.catalog(), before)
  const again = await good()
  assert.deepEqual(
    [again.code, again.job?.total_processed, again.feed.staged],
    [0, 0, { new: 0, changed: 0, unchanged: 2, missing: 0 }],
  )
  return answer
}

describe('a bad feed', function () {
  this.timeout(30_000)

  for (const { title, name, content, says, code = 7 } of inputs) {
    it(`such as ${title} ends with ${code}, says why, and changes nothing`, async () => {
      await inWorkplace(async (place) => {
        await place.write(name, content)
        const answer = await assertLeavesNoTrace(place, () => place.importJson(name, '--as', 'acme'))
        assert.equal(answer.code, code, answer.error?.message)
        assert.match(answer.error?.message ?? '', says)
        assert.notEqual(answer.error?.hint ?? null, null, `no hint: ${answer.error?.message}`)
      })
    })
  }

  it('such as a folder ends with 2 or 7 and says so', async () => {
    await inWorkplace(async (place) => {
      await mkdir(place.path('folder'))
      const { code, error } = await assertLeavesNoTrace(place, () => place.importJson('folder', '--as', 'acme'))
      assert.match(error?.message ?? '', /folder.*(folder|directory)/)
      assert.ok(code === 2 || code === 7, `${code}`)
    })
  })

  it('such as a file without read rights ends with 4', async function () {
    if (process.getuid?.() === 0) {
      console.error('      skipped: root may read everything')
      return this.skip()
    }
    await inWorkplace(async (place) => {
      await chmod(await place.write('secret.csv', csvFeed(['A'])), 0)
      const { code } = await assertLeavesNoTrace(place, () => place.importJson('secret.csv', '--as', 'acme'))
      assert.equal(code, 4)
    })
  })

  it('such as one with an external entity is refused, and nothing is fetched for it (F7)', async () => {
    await withServer(
      (_, response) => void response.end('<!ENTITY x "y">'),
      async ({ host, requests }) => {
        await inWorkplace(async (place) => {
          const body = '<p><product><id>1</id><name>&x;</name></product></p>'
          const subsets = [
            `<!ENTITY x SYSTEM "http://${host}/x">`,
            `<!ENTITY % d SYSTEM "http://${host}/d"> %d;`,
            '<!ENTITY x SYSTEM "file:///etc/passwd">',
          ]
          for (const subset of subsets) {
            await place.write('a.xml', `<?xml version="1.0"?>\n<!DOCTYPE p [${subset}]>\n${body}`)
            for (const flags of [[], ['--lenient']]) {
              const { code, error, job } = await place.importJson('a.xml', '--allow-private-host', host, ...flags)
              assert.deepEqual([code, error?.code, job?.total_created], [7, 'feed_malformed', 0], subset)
            }
          }
          assert.equal(requests.length, 0)
        })
      },
    )
  })
})

describe('an odd feed', function () {
  this.timeout(30_000)

  it('with a plain DOCTYPE is imported, and its DTD is not fetched (F7)', async () => {
    await withServer(
      (_, response) => void response.end(''),
      async ({ host, requests }) => {
        await inWorkplace(async ({ write, importJson }) => {
          const product = '<product><id>1</id><name>One</name></product>'
          await write('a.xml', `<!DOCTYPE p SYSTEM "http://${host}/shop.dtd">\n<p>${product}</p>`)
          const { code, job } = await importJson('a.xml', '--allow-private-host', host)
          assert.deepEqual([code, job?.total_created, requests.length], [0, 1, 0])
        })
      },
    )
  })

  it('with a column __proto__ and a SKU __proto__ is imported as any other (F6)', async () => {
    await inWorkplace(async ({ write, importJson, catalog }) => {
      await write('a.csv', 'sku,name,__proto__,constructor\n__proto__,One,x,y\n0,Zero,x,y\n')
      const { code, job } = await importJson('a.csv')
      assert.deepEqual([code, job?.total_created], [0, 2])
      assert.deepEqual([...(await catalog()).keys()].sort(), ['0', '__proto__'])
    })
  })

  it('with a cell of 10 MB is refused with its line; --lenient keeps what comes before it (F4)', async () => {
    await inWorkplace(async ({ write, importJson, catalog }) => {
      await write('a.csv', `sku,name,description\nA,One,short\nB,Two,${'x'.repeat(10_000_000)}\nC,Three,short\n`)
      const strict = await importJson('a.csv')
      assert.equal(strict.code, 7)
      assert.match(strict.error?.message ?? '', /a\.csv:3: .*longer than 8 MiB/)

      const lenient = await importJson('a.csv', '--lenient')
      assert.deepEqual([lenient.code, lenient.feed.complete], [3, false])
      assert.deepEqual([...(await catalog()).keys()], ['A'])
    })
  })

  it('with a JSON record nested 100000 deep loses that record, and no other (F8)', async () => {
    await inWorkplace(async ({ write, importJson, catalog }) => {
      const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
      await write(
        'a.json',
        `[{"sku":"A","name":"One"},{"sku":"B","name":"Two","x":${deep}},{"sku":"C","name":"Three"}]`,
      )
      const { code, feed } = await importJson('a.json')
      assert.deepEqual([code, feed.complete, feed.rejects], [3, true, 1])
      assert.deepEqual([...(await catalog()).keys()], ['A', 'C'])
    })
  })

  it('with control characters in a name is imported without them (F3)', async () => {
    await inWorkplace(async ({ write, importJson, catalog }) => {
      await write('a.csv', 'sku,name\nA,On\x00e\x07\nB,Two\n')
      const { feed } = await importJson('a.csv')
      assert.equal(feed.records, 2)
      for (const { Name = '' } of (await catalog()).values()) assert.match(Name, /^\w+$/)
    })
  })
})
