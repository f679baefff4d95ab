import assert from 'node:assert/strict'
import { createHttpClient } from '../../../../src/core/http/http-client.js'
import { createShopClient, writeDeadlineMs } from '../../../../src/core/store/woocommerce/client.js'
import type { ShopCredentials } from '../../../../src/core/store/woocommerce/credentials.js'
import type { ShopClient } from '../../../../src/core/store/woocommerce/shop-client.js'
import { certificate } from '../../../support/certificate.js'
import { type FixedClock, fixedClock } from '../../../support/fixed-clock.js'
import { shopCredentials } from '../../../support/woocommerce/credentials.js'
import { errorPage, phpWarning } from '../../../support/woocommerce/faults.js'
import { type ShopOptions, type ShopServer, withShop } from '../../../support/woocommerce/shop-server.js'

const { key, secret, user, password } = shopCredentials
const consumer: ShopCredentials = { consumer: { key, secret }, application: null }
const application: ShopCredentials = { consumer: null, application: { user, password } }

interface Scene {
  readonly client: ShopClient
  readonly shop: ShopServer
  readonly clock: FixedClock
  readonly warnings: string[]
}

async function withClient(
  {
    url,
    login = consumer,
    writeDeadlineMs: deadlineMs = writeDeadlineMs,
    ...options
  }: ShopOptions & { url?: string; login?: ShopCredentials; writeDeadlineMs?: number },
  body: (scene: Scene) => Promise<void>,
): Promise<void> {
  const clock = fixedClock(Date.now())
  const warnings: string[] = []
  const http = createHttpClient({ clock, ...(options.tls === undefined ? {} : { authorities: options.tls.cert }) })
  try {
    await withShop(options, async (shop) => {
      const client = createShopClient({
        url: `${shop.url}${url ?? ''}`,
        credentials: login,
        writeDeadlineMs: deadlineMs,
        http,
        clock,
        random: () => 0.5,
        onWarning: (message) => warnings.push(message),
      })
      await body({ client, shop, clock, warnings })
    })
  } finally {
    http.close()
  }
}

const products = '/wc/v3/products'
const create = { name: 'A', sku: 'A' }

describe('the client of a shop', () => {
  it('signs every request over http, each try anew, and never names the secret', () =>
    withClient({}, async ({ client, shop }) => {
      shop.script = ({ number }) => (number === 1 ? { kind: 'refuse', status: 503 } : null)

      const read = await client.read(products, { sku: "it's (a) *test*!,B&C", per_page: 100 })
      const written = await client.write('POST', products, create, { _fields: 'id' })

      assert.equal(read.ok, true)
      assert.equal(written.kind, 'done')
      assert.deepEqual(
        shop.requests.map(({ status }) => status),
        [503, 200, 201],
      )
      assert.ok(shop.requests.every(({ url }) => !url.includes(secret) && !url.includes(key)))
    }))

  it('uses keys or an application password over https, and the latter for uploads', async function () {
    const tls = certificate(this)
    const file = { bytes: Buffer.from([0xff, 0xd8, 1]), type: 'image/jpeg', fileName: 'a.jpg' }
    const upload = (client: ShopClient) => client.upload('/wp/v2/media', file, { slug: 'wh-a' })

    await withClient({ tls }, async ({ client }) => {
      assert.equal((await client.read(products)).ok, true)
      await assert.rejects(upload(client), { kind: 'denied' })
    })
    await withClient({ tls, login: application }, async ({ client, shop }) => {
      assert.equal((await client.read(products)).ok, true)
      assert.equal((await upload(client)).kind, 'done')
      assert.equal(shop.count('upload'), 1)
    })
    await withClient({ tls, login: { ...application, consumer: consumer.consumer } }, async (scene) => {
      assert.equal((await scene.client.read(products)).ok, true)
      assert.equal((await upload(scene.client)).kind, 'done')
    })
  })

  it('finds the API in a folder, behind plain permalinks, and wherever of these the address was copied from', async () => {
    for (const [options, url] of [
      [{ folder: '/shop' }, '/'],
      [{ folder: '/shop' }, '/wp-json/wc/v3'],
      [{ folder: '/shop', permalinks: 'plain' }, ''],
      [{ folder: '/shop', permalinks: 'plain' }, '/index.php?rest_route=/'],
      [{ permalinks: 'plain' }, '/'],
    ] as const) {
      await withClient({ ...options, url }, async ({ client, shop }) => {
        assert.equal((await client.read(products, { per_page: 5 })).ok, true)
        assert.equal((await client.write('POST', products, create)).kind, 'done')
        assert.equal(client.site, shop.url)
      })
    }
  })

  it('N19: stops at once for refused keys, without asking again', async () => {
    const wrong = { consumer: { key, secret: 'cs_wrong' }, application: null }
    await withClient({ login: wrong }, async ({ client, shop }) => {
      await assert.rejects(client.read(products), (error: Error & { kind: string }) => {
        assert.equal(error.kind, 'denied')
        assert.doesNotMatch(error.message + String(error.cause), /cs_|ck_/)
        return true
      })
      await assert.rejects(client.write('POST', products, create), { kind: 'denied' })

      assert.equal(shop.requests.length, 2)
    })
  })

  it('sends a list too long for an address in the body', () =>
    withClient({}, async ({ client, shop }) => {
      const skus = Array.from({ length: 100 }, (_, index) => `${'long-sku-'.repeat(4)}${index}`)

      const read = await client.read(products, { sku: skus.join(','), per_page: 100 })

      assert.equal(read.ok, true)
      assert.ok((shop.requests[0]?.url.length ?? 0) < 200)
    }))

  it('N16: reads past a PHP warning and says so once, and asks again for a page, an empty or a cut answer', () =>
    withClient({}, async ({ client, shop, warnings }) => {
      const answers = [
        { kind: 'prefix', text: phpWarning },
        { kind: 'prefix', text: '\uFEFF' },
        { kind: 'replace', type: 'text/html', with: () => errorPage },
        { kind: 'replace', with: () => '' },
        { kind: 'replace', with: (json: string) => json.slice(0, -1) },
        null,
      ] as const
      shop.script = ({ number }) => answers[number - 1]

      for (let reads = 0; reads < 3; reads += 1) assert.equal((await client.read(products)).ok, true)

      assert.equal(shop.requests.length, 6)
      assert.equal(warnings.length, 1)
      assert.match(warnings[0] ?? '', /Warning: Undefined array key/)
    }))

  it('N14, N16: takes no unclean answer to a write for a success or a failure', () =>
    withClient({}, async ({ client, shop }) => {
      const answers = [
        { kind: 'lose' },
        { kind: 'die', afterItems: 1 },
        { kind: 'prefix', text: phpWarning },
        { kind: 'replace', type: 'text/html', with: () => errorPage },
        { kind: 'replace', with: () => '' },
        { kind: 'replace', with: (json: string) => json.slice(0, 20) },
        { kind: 'refuse', status: 503 },
        { kind: 'refuse', status: 500 },
      ] as const
      shop.script = ({ number }) => answers[number - 1]

      for (const [index] of answers.entries()) {
        const written = await client.write('POST', products, { name: 'A', sku: `A${index}` })
        assert.equal(written.kind, 'unknown', String(index))
      }

      assert.equal(shop.requests.length, answers.length)
      assert.equal(shop.count('create'), 6)
    }))

  it('N15: knows nothing about a write whose answer did not come in time, which is below what shops allow', () =>
    withClient({ writeDeadlineMs: 50 }, async ({ client, shop }) => {
      shop.script = () => ({ kind: 'stall' })

      assert.equal((await client.write('POST', products, create)).kind, 'unknown')

      assert.equal(shop.count('create'), 1)
      assert.ok(writeDeadlineMs >= 60_000 && writeDeadlineMs <= 120_000)
    }))

  it('N1: knows that nothing was sent where nobody listens', () =>
    withClient({}, async ({ client, shop }) => {
      await shop.close()

      assert.equal((await client.write('POST', products, create)).kind, 'not_sent')
      await assert.rejects(client.read(products), { kind: 'temporary' })
    }))

  it('N5: tells how long the shop wants to be left alone', () =>
    withClient({}, async ({ client, shop, clock }) => {
      shop.script = () => ({ kind: 'refuse', status: 429, retryAfter: '7' })
      assert.deepEqual(await client.write('POST', products, create), {
        kind: 'not_sent',
        reason: 'the shop asked for patience (429)',
        retryAfterMs: 7000,
      })

      shop.script = ({ number }) => (number === 2 ? { kind: 'refuse', status: 503, retryAfter: '100' } : null)
      const before = clock.monotonic()
      assert.equal((await client.read(products)).ok, true)
      assert.equal(clock.monotonic() - before, 100_000)
    }))

  it('N6: sends nothing more after ten failures in a row, until a minute later one request is let through', () =>
    withClient({}, async ({ client, shop, clock }) => {
      shop.script = () => ({ kind: 'refuse', status: 502 })
      for (let failed = 0; failed < 10; failed += 1) await client.write('POST', products, create)
      const sent = shop.requests.length

      await assert.rejects(client.write('POST', products, create), { kind: 'temporary' })
      await assert.rejects(client.read(products), { kind: 'temporary' })
      assert.equal(shop.requests.length, sent)

      shop.script = () => null
      clock.advance(60_000)
      assert.equal((await client.read(products)).ok, true)
      assert.equal((await client.write('POST', products, create)).kind, 'done')
    }))

  it('tells a refusal with its code and data', () =>
    withClient({}, async ({ client }) => {
      await client.write('POST', products, create)

      const again = await client.write('POST', products, create)

      assert.ok(again.kind === 'refused')
      assert.deepEqual(
        [again.problem.code, again.problem.status, again.problem.data.resource_id],
        ['product_invalid_sku', 400, 10],
      )
    }))

  it('does not follow the shop to another address, and names it', () =>
    withClient({}, async ({ shop }) => {
      const { withServer } = await import('../../../support/local-server.js')
      await withServer(
        (_, response) => response.writeHead(301, { location: `${shop.url}/wp-json/wc/v3/products` }).end(),
        async ({ host }) => {
          const http = createHttpClient()
          const moved = createShopClient({ url: `http://${host}`, credentials: consumer, http, clock: fixedClock() })

          await assert.rejects(moved.read(products), /wants this request to go to http:\/\/127/)
          await assert.rejects(moved.write('POST', products, create), /wants this request to go to http:\/\/127/)

          assert.equal(shop.requests.length, 0)
          http.close()
        },
      )
    }))
})
