import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseShopAddress, routeUrl } from '../../../../src/core/store/woocommerce/address.js'
import { readShopCredentials } from '../../../../src/core/store/woocommerce/credentials.js'
import { oauthHeader } from '../../../../src/core/store/woocommerce/oauth.js'
import { inTempDir } from '../../../support/temp-dir.js'

const keys = { WHOLESALER_WC_KEY: 'ck_1', WHOLESALER_WC_SECRET: 'cs_1' }
const user = { WHOLESALER_WP_USER: 'me', WHOLESALER_WP_APP_PASSWORD: 'ab cd' }
const at = (url: string, uploads = false) => ({ url, folder: '/', uploads })

describe('credentials of a shop', () => {
  it('come from the environment or from files, both pairs', () =>
    inTempDir(async (dir) => {
      writeFileSync(join(dir, 'secret'), 'cs_file\n')
      const env = { WHOLESALER_WC_KEY: 'ck_1', WHOLESALER_WC_SECRET_FILE: 'secret', ...user }

      assert.deepEqual(readShopCredentials(env, { url: 'https://shop.test', folder: dir, uploads: true }), {
        consumer: { key: 'ck_1', secret: 'cs_file' },
        application: { user: 'me', password: 'ab cd' },
      })
    }))

  it('leave an application password out over http, where it does not work', () => {
    assert.equal(readShopCredentials({ ...keys, ...user }, at('http://shop.test')).application, null)
  })

  it('that are missing, halved, unreadable or of no use are named, never shown', () => {
    const faults: [Record<string, string>, ReturnType<typeof at>, RegExp][] = [
      [{}, at('https://shop.test'), /no credentials/],
      [user, at('http://shop.test'), /no credentials.*https only/],
      [{ WHOLESALER_WC_KEY: 'ck_CANARY' }, at('https://shop.test'), /WHOLESALER_WC_SECRET is not/],
      [{ WHOLESALER_WP_APP_PASSWORD: 'CANARY' }, at('https://shop.test'), /WHOLESALER_WP_USER is not/],
      [{ ...keys, WHOLESALER_WP_USER_FILE: '/nowhere/at/all' }, at('https://shop.test'), /cannot be read/],
      [{ ...keys, WHOLESALER_WC_KEY: 'ck\nCANARY' }, at('https://shop.test'), /characters that no key has/],
      [keys, at('https://shop.test', true), /application password is missing/],
      [{ ...keys, ...user }, at('http://shop.test', true), /over http/],
    ]
    for (const [env, place, message] of faults) {
      assert.throws(
        () => readShopCredentials(env, place),
        (error: Error & { kind: string; hint: string }) => {
          assert.equal(error.kind, 'config')
          assert.match(error.message, message)
          assert.doesNotMatch(`${error.message} ${error.hint}`, /CANARY/)
          return true
        },
      )
    }
  })
})

describe('the address of a shop', () => {
  it('is the site, whatever was copied', () => {
    for (const typed of ['https://S.test/shop', ' https://s.test/shop/ ', 'https://s.test/shop/wp-json/wc/v3/?x=1']) {
      assert.equal(parseShopAddress(typed).site, 'https://s.test/shop')
    }
    const plain = parseShopAddress('https://s.test/index.php?rest_route=/')
    assert.equal(
      routeUrl(plain, '/wc/v3/products', { per_page: 1 }).href,
      'https://s.test/?rest_route=%2Fwc%2Fv3%2Fproducts&per_page=1',
    )
  })

  it('is neither a file nor a holder of secrets', () => {
    for (const typed of ['shop.test', 'ftp://s.test', 'https://user:pw@s.test']) {
      assert.throws(() => parseShopAddress(typed), { kind: 'config' })
    }
  })
})

describe('an OAuth signature', () => {
  it('is the one of RFC 5849 over method, address, query and keys', () => {
    const header = oauthHeader({
      method: 'GET',
      url: new URL('http://shop.test/wp-json/wc/v3/products?sku=a%20b,c&_fields=id'),
      key: 'ck_1',
      secret: 'cs_1',
      timestamp: 1_700_000_000,
      nonce: 'n',
    })

    assert.match(header, /^OAuth oauth_consumer_key="ck_1", oauth_nonce="n", oauth_signature_method="HMAC-SHA256"/)
    assert.doesNotMatch(header, /cs_1/)
  })
})
