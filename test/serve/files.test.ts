/** Files over HTTP: pictures of the catalog, logs and rejects; and that no path ever comes from outside (A7, A9). */
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { completedJob, writeJobs } from '../cli/sample-jobs.js'
import { inServedPlace, type ServedPlace, untilJob } from './serving.js'

const sha = 'ab'.repeat(32)

function putMedia({ stateDir }: ServedPlace, name: string, content: string | Buffer): void {
  mkdirSync(join(stateDir, 'media/ab'), { recursive: true })
  writeFileSync(join(stateDir, 'media/ab', name), content)
}

/** What leads out of a folder, in the ways that servers have fallen for. */
const ways = [
  '../serve-token',
  '..%2fserve-token',
  '..%2Fserve-token',
  '%2e%2e/serve-token',
  '%2e%2e%2fserve-token',
  '%252e%252e%252fserve-token',
  '..%5cserve-token',
  '..\\serve-token',
  '....//serve-token',
  '..;/serve-token',
  '%c0%ae%c0%ae%c0%afserve-token',
  '..%00/serve-token',
  `${sha}%00`,
  `${sha}.jpg`,
  `${sha}/`,
  `ab/${sha}`,
  sha.toUpperCase(),
  `${sha}%0a`,
  '/etc/passwd',
  'file:///etc/passwd',
  '%2fetc%2fpasswd',
  '%',
  '%ff',
]

describe('files over HTTP', () => {
  it('are those of the catalog, by their hash, with the type of their content', () =>
    inServedPlace({}, async (place) => {
      const { job_id: id } = (await place.post('/api/import')).json
      await untilJob(place, id, 'completed')
      const { images } = (await place.get('/api/products/MUG/images')).json
      assert.equal(images.length > 0, true)
      for (const { sha256, url } of images) {
        const { status, headers, bytes } = await place.get(`/media/${sha256}`)
        const [extension = ''] = ['jpg', 'png', 'webp', 'gif'].filter((one) => {
          return headers['content-type'] === (one === 'jpg' ? 'image/jpeg' : `image/${one}`)
        })
        const file = join(place.stateDir, 'media', sha256.slice(0, 2), `${sha256}.${extension}`)

        assert.equal(status, 200)
        assert.deepEqual(bytes, readFileSync(file))
        assert.equal(url, `${place.url}/media/${sha256}`)
        assert.deepEqual(
          [headers['x-content-type-options'], headers['content-security-policy']],
          ['nosniff', "default-src 'none'; frame-ancestors 'none'"],
        )
        const again = await place.get(`/media/${sha256}`, { 'if-none-match': String(headers.etag) })
        assert.deepEqual([again.status, again.bytes.length], [304, 0])
      }
    }))

  it('are never others, however their path is written (A7)', () =>
    inServedPlace({ idle: true }, async (place) => {
      putMedia(place, `${sha}.svg`, '<svg/>')
      putMedia(place, 'notes.txt', 'canary')
      writeJobs(place.stateDir, [completedJob(1)])
      writeFileSync(join(place.stateDir, 'serve-token'), 'canary')
      const heads = ['/media/', '/assets/', '/api/jobs/', '/api/jobs/1/', '/api/jobs/1/log/']
      for (const head of heads) {
        for (const way of ways) {
          const { status, text } = await place.get(`${head}${way}`)
          assert.ok([400, 404].includes(status), `${head}${way}: ${status}`)
          assert.ok(!text.includes('canary') && !text.includes('root:'), `${head}${way}`)
        }
      }
    }))

  it('are not followed through links', () =>
    inServedPlace({ idle: true }, async (place) => {
      writeFileSync(join(place.dir, 'secret'), 'canary')
      mkdirSync(join(place.stateDir, 'media/ab'), { recursive: true })
      mkdirSync(join(place.stateDir, 'logs'))
      symlinkSync(join(place.dir, 'secret'), join(place.stateDir, 'media/ab', `${sha}.jpg`))
      symlinkSync(join(place.dir, 'secret'), join(place.stateDir, 'logs/1.log'))
      writeJobs(place.stateDir, [completedJob(1)])

      assert.deepEqual(
        [(await place.get(`/media/${sha}`)).status, (await place.get('/api/jobs/1/log')).status],
        [404, 404],
      )
    }))

  it('are logs, of which a long one is shown from its end, and rejects to download', () =>
    inServedPlace({ idle: true }, async (place) => {
      writeJobs(place.stateDir, [completedJob(1)])
      mkdirSync(join(place.stateDir, 'logs'))
      mkdirSync(join(place.stateDir, 'rejects'))
      writeFileSync(join(place.stateDir, 'logs/1.log'), `${'early\n'.repeat(300_000)}last line\n`)
      writeFileSync(join(place.stateDir, 'rejects/1.csv'), 'line,reason\r\n2,no name\r\n')
      const log = await place.get('/api/jobs/1/log')
      const rejects = await place.get('/api/jobs/1/rejects')

      assert.deepEqual([log.bytes.length, log.text.endsWith('last line\n')], [1024 * 1024, true])
      assert.equal(log.headers['content-type'], 'text/plain; charset=utf-8')
      assert.equal(rejects.text, 'line,reason\r\n2,no name\r\n')
      assert.equal(rejects.headers['content-disposition'], 'attachment; filename="rejects-1.csv"')
    }))

  it('and all that is told of products is neutral, in a terminal as in a browser (A9)', () =>
    inServedPlace({}, async (place) => {
      const name = '<script>alert(1)</script>\u001b[31m\u202e"onload=1'
      writeFileSync(
        join(place.dir, 'products.csv'),
        `SKU,Name,Regular price\nA-1,"${name.replaceAll('"', '""')}",1.00\n`,
      )
      const { job_id: id } = (await place.post('/api/import')).json
      await untilJob(place, id, 'completed')
      const told = await place.get('/api/products/A-1/images')
      const lost = await place.get(`/api/products/${encodeURIComponent(name)}/images`)
      const sheet = await place.get('/duplicates')

      for (const { text } of [told, lost, sheet]) assert.ok(!/[\u001b\u202e]/.test(text), text)
      assert.match(String(told.headers['content-type']), /^application\/json/)
      assert.equal(lost.status, 404)
      assert.ok(!/<script/i.test(sheet.text))
      const policy = String(sheet.headers['content-security-policy'])
      assert.match(
        policy,
        /^default-src 'none'; img-src data:; style-src 'sha256-[\w+/=]{44}'; .*frame-ancestors 'none'$/,
      )
    }))
})
