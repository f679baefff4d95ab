/** The stand-in shop is held to what a real one was recorded to answer. */
import assert from 'node:assert/strict'
import { request as httpsRequest } from 'node:https'
import { certificate } from '../../../support/certificate.js'
import { shopCredentials } from '../../../support/woocommerce/credentials.js'
import { type Recording, recordings } from '../../../support/woocommerce/recordings.js'
import { withShop } from '../../../support/woocommerce/shop-server.js'
import type { Json } from '../../../support/woocommerce/shop-state.js'

/** What differs from run to run, or is of no use to anybody who imports: present, but not compared. */
const volatile = new Set([
  'date_created',
  'date_created_gmt',
  'date_modified',
  'date_modified_gmt',
  'date',
  'date_gmt',
  'modified',
  'modified_gmt',
  'price_html',
  'related_ids',
  'srcset',
  'sizes',
  'media_details',
  'description',
  'mime_type',
  'permalink',
  'guid',
  'src',
  'thumbnail',
  'source_url',
  'slug of an attribute',
])

describe('the stand-in shop', () => {
  it('answers all recorded requests as the real shop did: status, codes and shape', async function () {
    const all = recordings(this)
    const tls = certificate(this)
    const sideload = async (src: string) => {
      if (src.endsWith('none.jpg')) return { refused: `Error getting remote image ${src}. Error: Not Found` }
      if (src.endsWith('html.jpg')) {
        return { refused: 'Invalid image: Sorry, you are not allowed to upload this file type.' }
      }
      return { bytes: 178_248 }
    }

    await withShop({ tls, sideload, publicUrl: 'https://shop.example' }, async (shop) => {
      for (const recording of all) {
        const answer = await replay(recording, shop.url, tls.cert)

        const { status, headers, body } = recording.response
        const compared = (of: { status: number; headers: Readonly<Record<string, unknown>>; body: Json }) => ({
          status: of.status,
          total: of.headers['x-wp-total'],
          pages: of.headers['x-wp-totalpages'],
          location: of.headers.location,
          body: shapeOf(of.body),
        })
        assert.deepEqual(compared(answer), compared({ status, headers, body }), recording.name)
      }
      assert.equal(all.length, 56)
    })
  })
})

async function replay({ name, request }: Recording, base: string, ca: string) {
  const headers: Record<string, string> = { ...request.headers }
  if (headers.authorization !== undefined) headers.authorization = authorization(name, headers.authorization)
  const body = bytesOf(request.body)
  return new Promise<{ status: number; headers: Readonly<Record<string, unknown>>; body: Json }>((resolve, reject) => {
    const sent = httpsRequest(`${base}${request.path}`, { method: request.method, headers, ca }, async (response) => {
      const chunks: Buffer[] = []
      for await (const chunk of response) chunks.push(chunk)
      const text = Buffer.concat(chunks).toString()
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: JSON.parse(text) })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

function authorization(recording: string, described: string): string {
  const { key, secret, user, password } = shopCredentials
  const pair = described.includes('application password')
    ? `${user}:${password}`
    : recording === 'auth-wrong-secret'
      ? `${key}:wrong`
      : recording === 'auth-wrong-key'
        ? `wrong:${secret}`
        : `${key}:${secret}`
  return `Basic ${Buffer.from(pair).toString('base64')}`
}

/** Pictures stand as their number of bytes in the recordings. */
function bytesOf(body: Json | undefined): Buffer {
  if (body === undefined) return Buffer.alloc(0)
  const count = typeof body === 'string' ? /^<(\d+) bytes>$/.exec(body)?.[1] : undefined
  if (count === undefined) return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  const bytes = Buffer.alloc(Number(count), 'x')
  if (bytes.length > 1000) bytes.set([0xff, 0xd8])
  return bytes
}

function shapeOf(value: Json | undefined): Json {
  if (value === undefined) return null
  if (Array.isArray(value)) return value.map(shapeOf)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, volatile.has(name) ? '(some)' : shapeOf(inner)]),
  )
}
