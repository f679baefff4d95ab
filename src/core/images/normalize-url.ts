/**
 * One spelling for one picture: the normal form of an image address, which the library and every
 * decision compare. Pure. What could change the picture (signatures, sizes, versions, the order of
 * parameters, the path's case) is left alone; only what never does is taken away.
 */
import { posix } from 'node:path'
import { parseUrl } from '../parse-url.js'

/** What the references of one feed are relative to. */
export interface ImageBase {
  /** Absolute folders that local paths may lie in; relative paths count from the first. Empty: no local files. */
  readonly folders: readonly string[]
  /** Address of the feed, when it came from one: relative references count from it, and no file is read. */
  readonly url: string | null
}

export type ImageAddress =
  /** `key` is the normal form, `href` what to ask for: the feed's spelling, without fragment. */
  | { readonly ok: true; readonly kind: 'url'; readonly key: string; readonly href: string }
  /** `key` is the absolute path in normal form; symbolic links are not yet followed. */
  | { readonly ok: true; readonly kind: 'file'; readonly key: string }
  | { readonly ok: false; readonly code: 'bad_url' | 'outside_folder'; readonly reason: string }

/**
 * Longest address taken, in characters. Servers refuse far shorter ones (8 KB is common); a longer one is
 * a picture inlined as text, or a column that holds something else.
 */
const addressLengthMax = 4096

/**
 * Parameters that say who clicked, never which picture. Sources: the URL parameters documented by Google
 * Analytics and Ads, Meta, Microsoft Advertising, TikTok, X, LinkedIn, Mailchimp, HubSpot, Yandex, Matomo.
 */
const trackingParameter =
  /^(?:utm_.*|mtm_.*|pk_(?:campaign|kwd|source|medium|content)|gclid|gclsrc|dclid|gbraid|wbraid|srsltid|_ga|_gl|fbclid|igshid|msclkid|ttclid|twclid|li_fat_id|mc_cid|mc_eid|_hsenc|_hsmi|yclid|ysclid|_openstat|epik|irclickid)$/i

const unreserved = /[A-Za-z0-9\-._~]/

/**
 * Brings an image reference into its normal form. Idempotent: the key of an address has itself as key.
 * URLs: grammar and host case, default port and fragment (WHATWG URL Standard), `//host` as https,
 * tracking parameters, percent-encoding (RFC 3986, 6.2.2). Paths: absolute, `/`, without `.` and `..`.
 */
export function normalizeUrl(reference: string, base: ImageBase): ImageAddress {
  const text = reference.trim()
  if (text === '') return bad('the address is empty')
  if (text.length > addressLengthMax) return bad(`the address is longer than ${addressLengthMax} characters`)
  if (/^https?:/i.test(text)) return fromUrl(text)
  if (text.startsWith('//')) return fromUrl(`https:${text}`)
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]
  if (scheme !== undefined)
    return bad(`addresses with ${scheme.slice(0, 20)}: are not fetched, only http, https and paths`)
  if (base.url !== null) return fromUrl(text, base.url)
  return fromPath(text, base.folders)
}

function fromUrl(text: string, relativeTo?: string): ImageAddress {
  // A backslash is a slash to browsers, in the path; feeds made on Windows have them.
  const url = parseUrl(text, relativeTo)
  if (url === null || url.hostname === '') return bad('the address is not a valid URL')
  url.hash = ''
  const { href } = url
  const pathname = normalEncoding(url.pathname)
  const query = url.search
    .slice(1)
    .split('&')
    .filter((part) => part !== '' && !trackingParameter.test(nameOf(part)))
    .map(normalEncoding)
    .join('&')
  const user = url.username === '' && url.password === '' ? '' : `${url.username}:${url.password}@`
  const key = `${url.protocol}//${user}${url.host}${pathname}${query === '' ? '' : `?${query}`}`
  return { ok: true, kind: 'url', key, href }
}

function nameOf(parameter: string): string {
  const name = parameter.split('=', 1)[0] ?? ''
  return normalEncoding(name)
}

/** Unreserved characters bare, all else that needs it encoded, in upper case; a stray `%` is a character. */
function normalEncoding(text: string): string {
  if (!/[%|^[\]\\{}`"<>']/.test(text)) return text
  return text.replace(/%(?:([0-9a-f]{2})|)|[|^[\]\\{}`"<>']/gi, (match, hex: string | undefined) => {
    if (hex === undefined) return `%${match.charCodeAt(0).toString(16).toUpperCase()}`
    const character = String.fromCharCode(Number.parseInt(hex, 16))
    return unreserved.test(character) ? character : `%${hex.toUpperCase()}`
  })
}

function fromPath(text: string, folders: readonly string[]): ImageAddress {
  const [first] = folders
  if (first === undefined) return bad('a local path, but the feed has no folder and no image root is configured')
  if (text.includes('\0')) return bad('the path holds a NUL character')
  const path = posix.resolve(first, text.replaceAll('\\', '/'))
  if (folders.some((folder) => isInside(path, folder))) return { ok: true, kind: 'file', key: path }
  return { ok: false, code: 'outside_folder', reason: "the path leaves the feed's folder and the image roots" }
}

/** Whether an absolute path in normal form lies below a folder. */
export function isInside(path: string, folder: string): boolean {
  const parent = posix.resolve(folder)
  return path.startsWith(parent === '/' ? parent : `${parent}/`) && path !== parent
}

function bad(reason: string): ImageAddress {
  return { ok: false, code: 'bad_url', reason }
}
