/** OAuth 1.0a without a token (RFC 5849), signed with HMAC-SHA256: how WooCommerce takes keys over plain http. */
import { createHmac } from 'node:crypto'

export interface SignedRequest {
  /** As it stands in the request line. */
  readonly method: string
  /** With its query, which is signed too. */
  readonly url: URL
  readonly key: string
  readonly secret: string
  /** Unix seconds. */
  readonly timestamp: number
  /** Never used before: the shop refuses a second request with it. */
  readonly nonce: string
}

/** The value of the header `Authorization`. The key stands in it, the secret never does. */
export function oauthHeader({ method, url, key, secret, timestamp, nonce }: SignedRequest): string {
  const oauth: [string, string][] = [
    ['oauth_consumer_key', key],
    ['oauth_nonce', nonce],
    ['oauth_signature_method', 'HMAC-SHA256'],
    ['oauth_timestamp', String(timestamp)],
    ['oauth_version', '1.0'],
  ]
  const pairs = [...url.searchParams, ...oauth].map(([name, value]) => `${encoded(name)}=${encoded(value)}`).sort()
  const text = [method, encoded(`${url.origin}${url.pathname}`), encoded(pairs.join('&'))].join('&')
  const signature = createHmac('sha256', `${encoded(secret)}&`)
    .update(text)
    .digest('base64')
  const fields = [...oauth, ['oauth_signature', signature] as const]
  return `OAuth ${fields.map(([name, value]) => `${name}="${encoded(value)}"`).join(', ')}`
}

/** RFC 3986: stricter than `encodeURIComponent`. */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
}
