/** Which credentials go with which request, as measured on a real shop. */
import { randomUUID } from 'node:crypto'
import type { Clock } from '../../clock.js'
import type { HttpMethod } from '../../http/http-client.js'
import type { ShopCredentials } from './credentials.js'
import { oauthHeader } from './oauth.js'

/** Headers for one try: a signature may be used once only. */
export function loginHeaders(
  route: string,
  { method, url }: { readonly method: HttpMethod; readonly url: URL },
  { consumer, application }: ShopCredentials,
  clock: Clock,
): Readonly<Record<string, string>> {
  const isMedia = route.startsWith('/wp/')
  const isSecure = url.protocol === 'https:'
  if (application !== null && isSecure && (isMedia || consumer === null)) {
    return { authorization: basic(application.user, application.password) }
  }
  // Consumer keys are refused there, where anybody may read.
  if (isMedia || consumer === null) return {}
  if (isSecure) return { authorization: basic(consumer.key, consumer.secret) }
  const timestamp = Math.floor(clock.now() / 1000)
  return { authorization: oauthHeader({ method, url, ...consumer, timestamp, nonce: randomUUID() }) }
}

function basic(name: string, secret: string): string {
  return `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`
}
