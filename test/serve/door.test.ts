/** Who is turned away, for every route there is and every kind of stranger: made from the table of routes. */
import assert from 'node:assert/strict'
import { systemClock } from '../../src/core/clock.js'
import { routes } from '../../src/serve/routes.js'
import { createPasses } from '../../src/serve/token.js'
import { ask, type Question } from './ask.js'
import { inServedPlace, type ServedPlace, type ServeTestOptions, token } from './serving.js'

const open: readonly string[] = ['/healthz', '/login']
const closed = routes.filter(({ path }) => !open.includes(path))
const bearer = { authorization: `Bearer ${token}` }

/** A request of the route that does no harm when it is let in. */
function questionFor({ method, path }: (typeof routes)[number]): Question {
  const named = path.replace(/:\w+/g, '1').replace('*', 'x')
  return { method, path: named }
}

interface Kind {
  readonly kind: string
  readonly headers: Readonly<Record<string, string>>
  readonly status: number
  readonly code: string
}

const proxyHeaders = [
  'Forwarded',
  'X-Forwarded-For',
  'X-Forwarded-Host',
  'X-Forwarded-Proto',
  'X-Forwarded-Port',
  'X-Real-IP',
  'Via',
  'CF-Connecting-IP',
  'True-Client-IP',
]

/** A1: what needs the token, and has none or a wrong one. `{url}` is the server's. */
const withoutToken: readonly Kind[] = [
  { kind: 'its own Origin', headers: { origin: '{url}' }, status: 401, code: 'unauthorized' },
  ...['same-origin', 'none'].map((site) => ({
    kind: `Sec-Fetch-Site: ${site}`,
    headers: { 'sec-fetch-site': site },
    status: 401,
    code: 'unauthorized',
  })),
  ...proxyHeaders.map((name) => ({
    kind: name,
    headers: { [name]: 'for=1.2.3.4' },
    status: 401,
    code: 'unauthorized',
  })),
  { kind: 'a wrong token', headers: { authorization: `Bearer ${token}x` }, status: 401, code: 'unauthorized' },
  { kind: 'no token in its header', headers: { authorization: 'Bearer ' }, status: 401, code: 'unauthorized' },
  {
    kind: 'a token of another scheme',
    headers: { authorization: `Basic ${token}` },
    status: 401,
    code: 'unauthorized',
  },
  {
    kind: 'a cookie that nobody signed',
    headers: { 'sec-fetch-site': 'same-origin', cookie: '{cookie}=9999999999.AAAA' },
    status: 401,
    code: 'unauthorized',
  },
]

/** A2 and A3: refused before the token is looked at, so these have the right one. */
const foreign: readonly Kind[] = [
  ...[
    'evil.example',
    'evil.example:{port}',
    '127.0.0.1.evil.example:{port}',
    'localhost.evil.example',
    'a b',
    '[::1',
    // Ways to a loopback address of which browsers do not say who takes them.
    '0.0.0.0:{port}',
    '[::]:{port}',
    '[::ffff:127.0.0.1]:{port}',
    '[::ffff:7f00:1]:{port}',
    '2130706433',
    '127.1',
    '0x7f.1',
    '192.0.2.1',
    'localhost.',
  ].map((host) => ({ kind: `Host: ${host}`, headers: { ...bearer, host }, status: 403, code: 'forbidden' })),
  ...[
    'null',
    'http://evil.example',
    'http://127.0.0.1',
    'http://localhost:1',
    'file://',
    '{url}.evil.example',
    '{url}/',
  ].map((origin) => ({ kind: `Origin: ${origin}`, headers: { ...bearer, origin }, status: 403, code: 'forbidden' })),
  ...['cross-site', 'same-site', 'anything'].map((site) => ({
    kind: `Sec-Fetch-Site: ${site}`,
    headers: { ...bearer, 'sec-fetch-site': site },
    status: 403,
    code: 'forbidden',
  })),
]

function filled(headers: Kind['headers'], { url }: ServedPlace): Record<string, string> {
  const { cookieName } = createPasses(token, systemClock)
  const fill = (text: string) =>
    text.replace('{url}', url).replace('{port}', new URL(url).port).replace('{cookie}', cookieName)
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, fill(value)]))
}

/** Asks each route as each kind, and says who was let in. Nothing may have come of it. */
async function holes(place: ServedPlace, asked: typeof routes, kinds: readonly Kind[]): Promise<readonly string[]> {
  const found: string[] = []
  for (const route of asked) {
    for (const { kind, headers, status, code } of kinds) {
      const question = questionFor(route)
      const answer = await ask(place.url, { ...question, headers: filled(headers, place) })
      const isRefused = answer.status === status && answer.json.error.code === code && answer.json.success === false
      if (!isRefused) found.push(`${route.method} ${route.path}, ${kind}: ${answer.status} ${answer.text}`)
    }
  }
  assert.equal((await place.get('/wp-json/wholesaler/v1/background-jobs', bearer)).json.total, 0)
  return found
}

/** Rates are another test's. */
const generous = { burst: 100_000, perSecond: 100_000 }
const idle: ServeTestOptions = {
  idle: true,
  limits: { requests: generous, changes: generous, wrongTokens: generous },
}

describe('the door, for every route', () => {
  it('asks for the token whatever comes from a browser or a proxy (A1)', () =>
    inServedPlace(idle, async (place) => {
      assert.deepEqual(await holes(place, closed, withoutToken), [])
    }))

  it('asks everybody for it when it is told to (A1)', () =>
    inServedPlace({ ...idle, requireToken: true }, async (place) => {
      const nothing = [{ kind: 'nothing', headers: {}, status: 401, code: 'unauthorized' }]

      assert.deepEqual(await holes(place, closed, [...nothing, ...withoutToken]), [])
      assert.equal((await place.get('/healthz')).status, 200)
    }))

  it('asks everybody for it at an address that others reach (A1)', () =>
    inServedPlace({ ...idle, host: '0.0.0.0' }, async (place) => {
      assert.equal((await place.get('/api/jobs', { ...bearer, host: '192.0.2.1:80' })).status, 200)
      const nothing = [{ kind: 'nothing', headers: {}, status: 401, code: 'unauthorized' }]

      assert.deepEqual(await holes(place, closed, nothing), [])
    }))

  it('asks for it by the name of a proxy, which may pass requests on as they are (A1)', () =>
    inServedPlace({ ...idle, allowHosts: ['shop.example'] }, async (place) => {
      const byName = [{ kind: 'a name', headers: { host: 'shop.example' }, status: 401, code: 'unauthorized' }]

      assert.deepEqual(await holes(place, closed, byName), [])
      assert.equal((await place.get('/api/jobs')).status, 200)
    }))

  it('refuses names that are not its own, and other sites, even with the token (A2, A3)', () =>
    inServedPlace(idle, async (place) => {
      assert.deepEqual(await holes(place, routes, foreign), [])
    }))

  it('sees what comes after thousands of other headers (A1, A2)', () =>
    inServedPlace(idle, async (place) => {
      const many = Object.fromEntries(Array.from({ length: 2_000 }, (_, index) => [index.toString(36), '']))
      const statusAfter = async (headers: Record<string, string>) =>
        (await place.get('/api/jobs', { ...many, ...headers })).status

      assert.equal(await statusAfter({}), 200)
      assert.equal(await statusAfter({ 'x-forwarded-for': '1.2.3.4' }), 401)
      assert.equal(await statusAfter({ origin: 'http://evil.example' }), 403)
    }))

  it('refuses what a form of another site can send: its types, and text that looks like JSON (A3)', () =>
    inServedPlace(idle, async (place) => {
      const changing = routes.filter(({ method }) => method === 'POST')
      const types = ['text/plain', 'text/plain;charset=utf-8', 'multipart/form-data; boundary=x', '', 'application/xml']
      const body = '{"total_batches": 1}'
      for (const route of changing) {
        for (const type of types) {
          const headers: Record<string, string> = type === '' ? {} : { 'content-type': type }
          const { status, json } = await ask(place.url, { ...questionFor(route), headers, body })
          assert.deepEqual([status, json.error.code], [415, 'unsupported_media_type'], `${route.path} ${type}`)
        }
        const form = { 'content-type': 'application/x-www-form-urlencoded', origin: 'http://evil.example' }
        const { status } = await ask(place.url, { ...questionFor(route), headers: form, body: 'total_batches=1' })
        assert.equal(status, 403, route.path)
      }
    }))

  it('has no route that changes anything by GET, and answers other methods with 405', () =>
    inServedPlace(idle, async (place) => {
      for (const route of routes) {
        const known = routes.filter(({ path }) => path === route.path).map(({ method }) => method)
        for (const method of ['PUT', 'PATCH', 'DELETE', 'OPTIONS', 'POST', 'GET'].filter(
          (one) => !known.includes(one as 'GET'),
        )) {
          const { status, headers } = await ask(place.url, { ...questionFor(route), method })
          assert.deepEqual([status, headers.allow?.startsWith(known[0] ?? '')], [405, true], `${method} ${route.path}`)
        }
      }
    }))

  it('lets the token in from everywhere else: with a proxy in between, and by its own name', () =>
    inServedPlace({ ...idle, requireToken: true, allowHosts: ['Shop.example'] }, async (place) => {
      const proxied = { ...bearer, host: 'shop.example', 'x-forwarded-for': '1.2.3.4', 'x-forwarded-proto': 'https' }
      const { status } = await place.get('/api/jobs', proxied)
      const fromPage = await place.get('/api/jobs', { ...proxied, host: '127.0.0.1', origin: 'https://shop.example' })

      assert.deepEqual([status, fromPage.status], [200, 200])
    }))

  it('takes no token from an address, and no request that names another server', () =>
    inServedPlace({ ...idle, requireToken: true }, async (place) => {
      for (const path of [
        `/api/jobs?token=${token}`,
        `/api/jobs?access_token=${token}`,
        `/healthz/../api/jobs`,
        '//healthz',
      ]) {
        assert.equal((await place.get(path)).status, 401, path)
      }
      for (const path of [`http://127.0.0.1/healthz`, `http://evil.example/healthz`, '*', '/healthz#/../api/jobs']) {
        assert.equal((await place.get(path)).status, 400, path)
      }
    }))
})

describe('the page', () => {
  it('is entered by the link that was printed, once; its cookie is the only thing it gets', () =>
    inServedPlace({ ...idle, requireToken: true }, async (place) => {
      const link = new URL(place.loginUrl)
      const browser = { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' }
      const looked = await ask(place.url, { method: 'HEAD', path: link.pathname + link.search })
      const first = await place.get(link.pathname + link.search, browser)
      const again = await place.get(link.pathname + link.search, browser)
      const [set = ''] = first.headers['set-cookie'] ?? []
      const cookie = set.replace(/;.*/, '')
      const page = await place.get('/', { ...browser, cookie })

      assert.deepEqual([looked.status, first.status, first.headers.location, again.status], [401, 303, '/', 401])
      assert.match(set, /; HttpOnly; SameSite=Strict$/)
      assert.ok(!set.includes(token))
      assert.equal(page.status, 200)
      assert.match(
        String(page.headers['content-security-policy']),
        /^default-src 'none'; script-src 'self'; style-src 'self'/,
      )
      assert.ok(!/unsafe|\*|http/.test(String(page.headers['content-security-policy'])))
    }))

  it('may do everything, and nobody may in its name', () =>
    inServedPlace({ ...idle, requireToken: true }, async (place) => {
      const link = new URL(place.loginUrl)
      const [set = ''] = (await place.get(link.pathname + link.search)).headers['set-cookie'] ?? []
      const cookie = set.replace(/;.*/, '')
      const path = '/api/import'
      const as = async (headers: Record<string, string>) => (await place.post(path, {}, { cookie, ...headers })).status

      assert.equal(await as({ 'sec-fetch-site': 'same-origin', origin: place.url }), 200)
      assert.equal(await as({ origin: place.url }), 200)
      assert.equal(await as({}), 403)
      assert.equal(await as({ 'sec-fetch-site': 'none' }), 403)
      assert.equal(await as({ 'sec-fetch-site': 'cross-site', origin: 'http://evil.example' }), 403)
      const [name = '', until = '', signature = ''] = cookie.split(/[=.]/)
      const forged = `${name}=${Number(until) + 1}.${signature}`
      assert.equal((await place.get('/api/jobs', { cookie: forged })).status, 401)
    }))
})
