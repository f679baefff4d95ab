import assert from 'node:assert/strict'
import { runChecks } from '../../../src/core/doctor/check.js'
import { checkShop } from '../../../src/core/doctor/check-shop.js'
import { createHttpClient } from '../../../src/core/http/http-client.js'
import { createShopClient } from '../../../src/core/store/woocommerce/client.js'
import { certificate } from '../../support/certificate.js'
import { fixedClock } from '../../support/fixed-clock.js'
import { shopCredentials } from '../../support/woocommerce/credentials.js'
import { type ShopOptions, type ShopServer, withShop } from '../../support/woocommerce/shop-server.js'

const { key, secret, user, password } = shopCredentials

/** `[id, status]` of the findings about a shop that `prepare` has changed. */
async function findings(
  options: ShopOptions,
  { prepare = () => {}, keySecret = secret }: { prepare?: (shop: ShopServer) => void; keySecret?: string } = {},
): Promise<readonly (readonly [string, string])[]> {
  const clock = fixedClock(Date.now())
  const http = createHttpClient({ clock, ...(options.tls === undefined ? {} : { authorities: options.tls.cert }) })
  try {
    return await withShop(options, async (shop) => {
      prepare(shop)
      const credentials =
        options.tls === undefined
          ? { consumer: { key, secret: keySecret }, application: null }
          : { consumer: null, application: { user, password } }
      const open = async () => createShopClient({ url: shop.url, credentials, http, clock })
      const found = await runChecks(checkShop({ open, uploads: options.tls !== undefined, clock }))
      assert.ok(shop.applied.length === 0)
      return found.map(({ id, status }) => [id, status] as const)
    })
  } finally {
    http.close()
  }
}

describe('doctor, about a shop', () => {
  it('finds one on https with an application password well', async function () {
    assert.deepEqual(await findings({ tls: certificate(this) }), [
      ['shop', 'ok'],
      ['shop:rights', 'ok'],
      ['shop:media', 'ok'],
    ])
  })

  it('warns of http', async () => {
    assert.deepEqual(await findings({}), [
      ['shop', 'ok'],
      ['shop', 'warn'],
      ['shop:rights', 'ok'],
    ])
  })

  it('finds wrong keys, keys that may only read, and a media library that is closed', async function () {
    const refuse = (path: string) => (shop: ShopServer) => {
      shop.script = (request) =>
        request.path.endsWith(path)
          ? { kind: 'replace', status: 401, with: () => '{"code":"no","message":"not yours","data":{"status":401}}' }
          : null
    }
    const failed = (found: readonly (readonly [string, string])[]) =>
      found.filter(([, status]) => status === 'fail').map(([id]) => id)

    assert.deepEqual(failed(await findings({}, { keySecret: 'cs_wrong' })), ['shop', 'shop:rights'])
    assert.deepEqual(failed(await findings({}, { prepare: refuse('/batch') })), ['shop:rights'])
    assert.deepEqual(failed(await findings({ tls: certificate(this) }, { prepare: refuse('/media') })), ['shop:media'])
  })

  it('warns of clocks that are more than half a minute apart, and of none that are less', async () => {
    const clocksApart = async (ms: number) => {
      const found = await findings({}, { prepare: (shop) => Object.assign(shop, { clockAheadMs: ms }) })
      return found.filter(([id]) => id === 'clock').map(([, status]) => status)
    }
    assert.deepEqual(await clocksApart(90_000), ['warn'])
    assert.deepEqual(await clocksApart(-90_000), ['warn'])
    assert.deepEqual(await clocksApart(20_000), [])
    assert.deepEqual(await clocksApart(-20_000), [])
  })

  it('warns of an old version', async () => {
    const old = (shop: ShopServer) => {
      shop.script = () => ({
        kind: 'replace',
        with: () => '{"environment":{"version":"8.1.0"},"settings":{"currency":"EUR"}}',
      })
    }
    assert.deepEqual((await findings({}, { prepare: old })).slice(0, 3), [
      ['shop', 'ok'],
      ['shop', 'warn'],
      ['shop', 'warn'],
    ])
  })
})
