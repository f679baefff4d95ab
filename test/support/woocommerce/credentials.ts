/**
 * Who may do what, as measured: consumer keys by Basic over https, by OAuth 1.0a over http, never for
 * wp/v2/media; an application password by Basic over https for both. Over http a Basic header is ignored.
 */
import { createHmac } from 'node:crypto'
import { Problem } from './problem.js'

export interface ShopCredentials {
  readonly key: string
  readonly secret: string
  readonly user: string
  readonly password: string
}

export const shopCredentials: ShopCredentials = {
  key: `ck_${'0'.repeat(40)}`,
  secret: `cs_${'1'.repeat(40)}`,
  user: 'importer',
  password: 'abcd EFGH 1234 ijkl MNOP 5678',
}

export interface Asked {
  /** As the route has it: `_method` applied. */
  readonly method: string
  /** As it stands in the request line, and in the signature. */
  readonly realMethod: string
  readonly secure: boolean
  readonly authorization: string | undefined
  /** Scheme, host and path, without query, for the signature. */
  readonly url: string
  readonly query: URLSearchParams
  readonly api: 'wc' | 'wp'
}

type Identity = 'consumer' | 'user' | 'nobody'

/** Throws the shop's 401 unless the request may go on. */
export class Gatekeeper {
  readonly #credentials: ShopCredentials
  readonly #nonces = new Set<string>()

  constructor(credentials: ShopCredentials) {
    this.#credentials = credentials
  }

  check(asked: Asked): void {
    const identity = this.#identify(asked)
    if (asked.api === 'wp') {
      // Everybody may list what is public; only users may write.
      if (identity === 'user' || (identity === 'nobody' && asked.method === 'GET')) return
      throw new Problem(401, 'rest_cannot_create', 'Sorry, you are not allowed to create posts as this user.')
    }
    if (identity === 'nobody') {
      throw new Problem(401, 'woocommerce_rest_cannot_view', 'Sorry, you cannot list resources.')
    }
  }

  #identify(asked: Asked): Identity {
    const { authorization = '' } = asked
    if (/^OAuth /i.test(authorization)) return this.#signed(asked, oauthParameters(authorization))
    if (!asked.secure || !/^Basic /i.test(authorization)) return 'nobody'
    const [, name = '', secret = ''] =
      /^([^:]*):(.*)$/s.exec(Buffer.from(authorization.slice(6), 'base64').toString()) ?? []
    const { key, user, password } = this.#credentials
    if (name === user && secret.replaceAll(' ', '') === password.replaceAll(' ', '')) return 'user'
    if (asked.api === 'wp') {
      const message = '<strong>Error:</strong> Unknown username. Check again or try your email address.'
      throw new Problem(401, 'invalid_username', message)
    }
    if (name !== key) return 'nobody'
    if (secret !== this.#credentials.secret) throw wrong('Consumer secret is invalid.')
    return 'consumer'
  }

  #signed(asked: Asked, oauth: ReadonlyMap<string, string>): Identity {
    if (asked.api === 'wp' || oauth.get('oauth_consumer_key') !== this.#credentials.key) return 'nobody'
    const nonce = `${oauth.get('oauth_nonce')} ${oauth.get('oauth_timestamp')}`
    if (this.#nonces.has(nonce)) throw wrong('Invalid nonce - nonce has already been used.')
    if (signatureOf(asked, oauth, this.#credentials.secret) !== oauth.get('oauth_signature')) {
      throw wrong('Invalid signature - provided signature does not match.')
    }
    this.#nonces.add(nonce)
    return 'consumer'
  }
}

function wrong(message: string): Problem {
  return new Problem(401, 'woocommerce_rest_authentication_error', message)
}

function oauthParameters(header: string): Map<string, string> {
  const pairs = [...header.slice(6).matchAll(/(\w+)="([^"]*)"/g)]
  return new Map(pairs.map(([, name = '', value = '']) => [name, decodeURIComponent(value)]))
}

/** RFC 5849, 3.4, as WooCommerce computes it: the key is the secret and an ampersand. */
function signatureOf({ realMethod, url, query }: Asked, oauth: ReadonlyMap<string, string>, secret: string): string {
  const encode = (text: string) =>
    encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
  const all = [...query, ...oauth].filter(([name]) => name !== 'oauth_signature')
  const pairs = all.map(([name, value]) => `${encode(name)}=${encode(value)}`).sort()
  const text = [realMethod, encode(url), encode(pairs.join('&'))].join('&')
  return createHmac('sha256', `${secret}&`).update(text).digest('base64')
}
