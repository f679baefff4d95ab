/**
 * Which addresses may be connected to. A feed, or a redirect, can name any host; only public addresses are
 * followed, judged by the address that is connected to, not by the name, so that a name that resolves
 * differently the second time gains nothing.
 */
import type { LookupAddress, LookupOptions } from 'node:dns'
import { lookup } from 'node:dns/promises'
import { isIP, type LookupFunction } from 'node:net'
import ipaddr from 'ipaddr.js'
import { HttpError, requestError } from './http-error.js'

/** All addresses of a name. */
export type Resolve = (hostname: string) => Promise<readonly LookupAddress[]>

export const systemResolve: Resolve = (hostname) => lookup(hostname, { all: true })

/** Global unicast of IPv6 (RFC 4291, 2.4); nothing else of it is routed in the Internet. */
const globalUnicast = ipaddr.parseCIDR('2000::/3') as [ipaddr.IPv6, number]

/**
 * True for an address anybody may connect to. False for loopback, private, link-local, shared, multicast,
 * documentation and all other special ranges, for their IPv4-mapped and NAT64 forms, and for what is no address.
 */
export function isPublicAddress(address: string): boolean {
  // Stricter than the library, which also takes `127.1`: such forms never come from a resolver or a URL parser.
  if (isIP(address) === 0) return false
  // `process` also turns ::ffff:a.b.c.d into a.b.c.d.
  const parsed = ipaddr.process(address)
  if (parsed instanceof ipaddr.IPv4) return parsed.range() === 'unicast'
  // 64:ff9b::/96 stands for an IPv4 address behind NAT64 (RFC 6052): that one counts.
  if (parsed.range() === 'rfc6052') return isPublicAddress(new ipaddr.IPv4(parsed.toByteArray().slice(12)).toString())
  return parsed.range() === 'unicast' && parsed.match(globalUnicast)
}

/** True when one of `hosts` names the host of `url`: `name` for all its ports, or `name:port`. */
export function isListed(url: URL, hosts: readonly string[]): boolean {
  const name = bareHost(url.hostname)
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port
  return hosts.some((entry) => {
    const listed = entry.trim().toLowerCase()
    return [name, `[${name}]`, `${url.hostname}:${port}`].includes(listed)
  })
}

/** Throws when the host of `url` is written as an address that is not public. Names are left to the lookup. */
export function refuseLiteral(url: URL): void {
  const host = bareHost(url.hostname)
  if (isIP(host) !== 0 && !isPublicAddress(host)) throw refused(host, url.href)
}

/** Resolves a name for a proxy to connect to, and throws unless all its addresses are public. */
export async function refuseResolved(url: URL, resolve: Resolve): Promise<void> {
  const host = bareHost(url.hostname)
  if (isIP(host) !== 0) return
  const addresses = await resolve(host).catch((error: unknown) => {
    throw requestError(error, url.href)
  })
  if (!addresses.every(({ address }) => isPublicAddress(address))) throw refused(host, url.href)
}

/**
 * A `lookup` for sockets that hands out public addresses only, and fails when a name has none. Names in
 * `exempt` (the operator's proxy) are not judged.
 */
export function guardedLookup(resolve: Resolve, exempt: ReadonlySet<string> = new Set()): LookupFunction {
  return socketLookup(async (hostname) => {
    const addresses = await resolve(hostname)
    if (exempt.has(hostname)) return addresses
    const open = addresses.filter(({ address }) => isPublicAddress(address))
    if (open.length === 0 && addresses.length > 0) throw refused(hostname, `http://${hostname}/`)
    return open
  })
}

/** A `lookup` for sockets in the form Node calls it: one address, or all of them. */
export function socketLookup(resolve: Resolve): LookupFunction {
  return (hostname, options: LookupOptions, callback) => {
    resolve(hostname).then(
      (addresses) => {
        const wanted = addresses.filter(({ family }) => !options.family || options.family === family)
        const [first] = wanted
        if (first === undefined) {
          const error: NodeJS.ErrnoException = new Error(`no address for ${hostname}`)
          error.code = 'ENOTFOUND'
          callback(error, '', 0)
        } else if (options.all) {
          callback(null, [...wanted])
        } else {
          callback(null, first.address, first.family)
        }
      },
      (error: NodeJS.ErrnoException) => callback(error, '', 0),
    )
  }
}

function refused(host: string, url: string): HttpError {
  return new HttpError({
    code: 'address_refused',
    message: `${host} is on a private or local address, which a feed or a redirect may not lead to`,
    url,
    hint: `If that host is yours, allow it: --allow-private-host ${host}`,
  })
}

/** URL parsers keep the brackets of IPv6 addresses; sockets and address parsers want none. */
function bareHost(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '').toLowerCase()
}
