/** `/openapi.json` lists exactly the routes there are, and what they answer fits it. */
import assert from 'node:assert/strict'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { openApiPath } from '../../src/serve/openapi.js'
import { routes } from '../../src/serve/routes.js'
import { type Answer, ask } from './ask.js'
import { inServedPlace, type ServedPlace, untilJob } from './serving.js'

interface Described {
  readonly openapi: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, object>> }
}

interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly responses: Readonly<
    Record<string, { readonly content: Readonly<Record<string, { readonly schema: object }>> }>
  >
}

/** Holds answers against the description that the server gives of itself. */
function holdTo(described: Described) {
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  addFormats.default(ajv)
  ajv.addSchema({ $id: 'api', components: described.components })
  return (path: string, method: string, answer: Answer): void => {
    const operation = described.paths[path]?.[method.toLowerCase()]
    const { content } = operation?.responses[answer.status] ?? {}
    assert.ok(
      content !== undefined,
      `${method} ${path} answers ${answer.status}, which is not described: ${answer.text}`,
    )
    if (answer.status === 303) return
    const [[type = '', { schema }] = ['', { schema: {} }]] = Object.entries(content)
    const said = String(answer.headers['content-type']).replace(/;.*/, '')
    const isType = new RegExp(`^${type.replace('+', '\\+').replaceAll('*', '[^/]+')}$`).test(said)
    assert.ok(isType, `${method} ${path} is ${said}, not ${type}`)
    if (type !== 'application/json') return
    const whole = JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"api#/'))
    assert.ok(ajv.validate(whole, answer.json), `${method} ${path}: ${ajv.errorsText(ajv.errors)} ${answer.text}`)
  }
}

describe('/openapi.json', () => {
  it('lists exactly the routes there are, each with a name of its own', () =>
    inServedPlace({ idle: true }, async (place) => {
      const { openapi, paths }: Described = (await place.get('/openapi.json')).json
      const listed = Object.entries(paths).flatMap(([path, operations]) =>
        Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
      )
      const ids = Object.values(paths).flatMap((operations) =>
        Object.values(operations).map(({ operationId }) => operationId),
      )

      assert.equal(openapi, '3.1.0')
      assert.deepEqual(listed.sort(), routes.map(({ method, path }) => `${method} ${openApiPath(path)}`).sort())
      assert.equal(new Set(ids).size, ids.length)
      for (const { summary } of routes) assert.match(summary, /\.$/)
    }))

  it('says what every route answers, after an import that rejected something', function () {
    this.timeout(120_000)
    return inServedPlace({}, async (place) => {
      appendFileSync(join(place.dir, 'products.csv'), 'simple,,,1\n')
      const described: Described = (await place.get('/openapi.json')).json
      const hold = holdTo(described)
      const { job_id: id } = (await place.post('/api/import', { per_batch: 3 })).json
      await untilJob(place, id, 'completed')
      const { sha256, sku } = await someImage(place)
      const link = new URL((await place.post('/api/login-link')).json.login_url)
      const names: Readonly<Record<string, string>> = { '{id}': String(id), '{sku}': sku, '{sha256}': sha256 }

      for (const { method, path, answers } of routes) {
        if (path === '/api/events') continue
        const named = openApiPath(path)
        const asked = named.replace(/\{\w+\}/g, (name) => names[name] ?? 'serve/page/static/page.css')
        const query = path === '/login' ? link.search : ''
        const answer = method === 'GET' ? await place.get(asked + query) : await place.post(asked)
        hold(named, method, answer)
        // A completed job is nothing to cancel, to recover or, with rejects alone, to leave as it is.
        const isFine = [200, 303].includes(answer.status) || (method === 'POST' && answer.status === 409)
        assert.ok(isFine, `${method} ${asked}: ${answer.status} ${answer.text}`)
        if ('schema' in answers && answer.status === 200) assert.equal(answer.json.success, true)
      }
    })
  })

  it('says what every route refuses with', () =>
    inServedPlace({ idle: true }, async (place) => {
      const hold = holdTo((await place.get('/openapi.json')).json)
      for (const { method, path } of routes) {
        if (path === '/healthz' || path === '/' || path === '/api/events') continue
        const named = openApiPath(path)
        const asked = named.replace(/\{\w+\}/g, 'nothing')
        hold(named, method, await ask(place.url, { method, path: asked }))
        hold(named, method, await ask(place.url, { method, path: asked, headers: { 'sec-fetch-site': 'cross-site' } }))
        const type = { 'content-type': 'text/xml' }
        if (method === 'POST')
          hold(named, method, await ask(place.url, { method, path: asked, headers: type, body: '<x/>' }))
      }
    }))
})

async function someImage(place: ServedPlace): Promise<{ readonly sha256: string; readonly sku: string }> {
  const { sku, images } = (await place.get('/wp-json/wholesaler/v1/image-status/1')).json
  return { sha256: images[0].sha256, sku }
}
