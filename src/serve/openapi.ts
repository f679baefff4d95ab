/** The description of the API (OpenAPI 3.1), made from the table of routes and the published schemas of documents. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../core/package-files.js'
import { fieldSchema } from './fields.js'
import type { Route } from './route.js'

/** Made by the build; also beside the sources, when they are run as they are. */
const schemaFolder = join(packageRoot, 'dist', 'schemas')

/** What every route may answer: see `front-door.ts` and `limits.ts`. */
const everyRefusal = [400, 401, 403, 429, 500] as const
/** What a body may be refused for. */
const bodyRefusals = [413, 415] as const

const refusalTexts: Readonly<Record<number, string>> = {
  400: 'A field is wrong, or it is no request.',
  401: 'A token is needed, or it is the wrong one.',
  403: 'Asked by another site, or under a name that is not known.',
  404: 'There is no such thing.',
  409: 'Its state does not allow that.',
  413: 'The body is too long.',
  415: 'A body of this type is not read.',
  429: 'Too often; Retry-After says when to try again.',
  500: 'Something unforeseen; the server says more on its error output.',
  503: 'For the moment not; Retry-After says when to try again.',
}

export function openApiDocument(routes: readonly Route[], version: string): object {
  const names = new Set([
    'serve-error',
    ...routes.flatMap(({ answers }) => ('schema' in answers ? [answers.schema] : [])),
  ])
  const paths: Record<string, Record<string, object>> = {}
  for (const route of routes) {
    const path = openApiPath(route.path)
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'wholesaler', version, summary: "Imports wholesalers' product feeds into a web shop." },
    security: [{}, { token: [] }],
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: Object.fromEntries([...names].sort().map((name) => [name, readSchema(name)])),
    },
  }
}

/** `:id` as `{id}`, and the rest of a path under a name of its own. */
export function openApiPath(path: string): string {
  return path.replace(/:(\w+)/g, '{$1}').replace('*', '{file}')
}

function operation(route: Route): object {
  const { method, path, summary, answers, refusals = [], fields = {} } = route
  const named = [...openApiPath(path).matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
  const asked = Object.entries(fields).map(([name, field]) => ({ name, in: 'query', schema: fieldSchema(field) }))
  const statuses = [...everyRefusal, ...(method === 'POST' ? bodyRefusals : []), ...refusals]
  const type = 'schema' in answers ? 'application/json' : answers.type
  const schema = 'schema' in answers ? reference(answers.schema) : {}
  return {
    summary,
    operationId: `${method.toLowerCase()}${path.replace(/[^a-z0-9]+(\w?)/gi, (_, letter: string) => letter.toUpperCase())}`,
    parameters: method === 'GET' ? [...named, ...asked] : named,
    ...(method === 'POST' ? { requestBody: requestBody(fields) } : {}),
    responses: {
      [route.success ?? 200]: { description: 'It is so.', content: { [type]: { schema } } },
      ...Object.fromEntries(
        [...new Set(statuses)].map((status) => [
          status,
          {
            description: refusalTexts[status] ?? 'Refused.',
            content: { 'application/json': { schema: reference('serve-error') } },
          },
        ]),
      ),
    },
  }
}

function requestBody(fields: NonNullable<Route['fields']>): object {
  const properties = Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, fieldSchema(field)]))
  const schema = { type: 'object', properties }
  return {
    required: false,
    content: { 'application/json': { schema }, 'application/x-www-form-urlencoded': { schema } },
  }
}

function reference(name: string): object {
  return { $ref: `#/components/schemas/${name}` }
}

function readSchema(name: string): object {
  const path = join(schemaFolder, `${name}.schema.json`)
  // Its own id would make its references another document's.
  const { $id: _id, ...schema }: { $id?: string } = JSON.parse(readFileSync(path, 'utf8'))
  return schema
}
