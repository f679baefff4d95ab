/** Where a request goes next, and what it may take along. */
import { withoutSecrets } from '../errors.js'
import { parseUrl } from '../parse-url.js'
import { HttpError } from './http-error.js'

/** Redirects followed for one request; browsers take 20, honest feeds need one or two. */
export const redirectsMax = 5

/** One request to one address, on the way from the URL asked for to the one that answers. */
export interface Hop {
  readonly url: URL
  /** Headers the caller gave, credentials above all. Empty once another host was visited. */
  readonly headers: Readonly<Record<string, string>>
  /** Redirects followed so far. */
  readonly redirects: number
}

const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

export function isRedirect(status: number, location: string | undefined): location is string {
  return redirectStatuses.has(status) && location !== undefined && location !== ''
}

/**
 * The first hop. User and password of the URL become an Authorization header, unless one is given. Throws `bad_url`
 * for anything but http and https.
 */
export function firstHop(address: string, headers: Readonly<Record<string, string>>): Hop {
  const url = parseWebUrl(address, address)
  const { username, password } = url
  url.username = ''
  url.password = ''
  const names = Object.keys(headers).map((name) => name.toLowerCase())
  if ((username === '' && password === '') || names.includes('authorization')) return { url, headers, redirects: 0 }
  const login = Buffer.from(`${decoded(username)}:${decoded(password)}`)
  return { url, headers: { ...headers, authorization: `Basic ${login.toString('base64')}` }, redirects: 0 }
}

/**
 * The hop that a redirect asks for. The caller's headers stay behind when it leaves the origin; a change from
 * http to https on the same host is not leaving. Throws `redirect` after the fifth, for other protocols, and for
 * a step down from https to http with headers that may be credentials.
 */
export function nextHop(hop: Hop, location: string): Hop {
  const from = hop.url
  if (hop.redirects >= redirectsMax) {
    throw new HttpError({ code: 'redirect', message: `more than ${redirectsMax} redirects`, url: from.href })
  }
  const url = parseWebUrl(location, from.href, from)
  // A feed's server has no business handing out logins for another.
  url.username = ''
  url.password = ''
  const redirects = hop.redirects + 1
  const hasHeaders = Object.keys(hop.headers).length > 0
  if (hasHeaders && url.hostname === from.hostname && isStepDown(from, url)) {
    throw new HttpError({
      code: 'redirect',
      message: 'the server redirects from https to http, where the credentials could be read by anybody',
      url: from.href,
      hint: 'Ask the wholesaler for an address that stays on https.',
    })
  }
  return { url, headers: keepsHeaders(from, url) ? hop.headers : {}, redirects }
}

/** For requests that stay where they were sent: names the address that the server wants instead. */
export function notFollowed({ url }: Hop, location: string): HttpError {
  const parsed = parseUrl(location, url)
  const target = parsed === null ? location : withoutSecrets(parsed.href)
  return new HttpError({
    code: 'redirect',
    message: `the server wants this request to go to ${target}`,
    url: url.href,
    hint: 'Use that address from the start.',
  })
}

/** Percent-decoded; a stray percent sign stands for itself. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

function keepsHeaders(from: URL, to: URL): boolean {
  if (from.origin === to.origin) return true
  const isUpgrade = from.protocol === 'http:' && to.protocol === 'https:' && from.port === '' && to.port === ''
  return isUpgrade && from.hostname === to.hostname
}

function isStepDown(from: URL, to: URL): boolean {
  return from.protocol === 'https:' && to.protocol === 'http:'
}

function parseWebUrl(address: string, shown: string, base?: URL): URL {
  const url = parseUrl(address, base)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    const code = base === undefined ? 'bad_url' : 'redirect'
    const what = base === undefined ? 'the address is' : 'the server redirects to what is'
    throw new HttpError({ code, message: `${what} not an http or https URL`, url: shown })
  }
  return url
}
