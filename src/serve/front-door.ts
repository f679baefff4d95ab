/**
 * Who may come in. Every request passes here before anything else looks at it, by what it says about itself:
 *
 * 1. Its Host must be a name of this server: a page of a stranger whose name was pointed here (DNS rebinding) has its own.
 * 2. Its Origin, if it has one, must be that host, and its Sec-Fetch-Site must not be another site's.
 * 3. It needs the token, unless it is a plain request of this machine to a loopback name: one that carries Origin,
 *    Sec-Fetch-Site or a proxy's headers, or names a proxy as its Host, comes from a browser, or from somewhere else.
 */

import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'
import type { Refusal } from './http-error.js'
import { type Passes, sameText } from './token.js'

export interface DoorRules {
  readonly token: string
  readonly passes: Passes
  /** Bound to a loopback address. */
  readonly isLocal: boolean
  /** That, and not said to want the token of everybody. */
  readonly trustsLoopback: boolean
  /** Names other than those of this machine: of a reverse proxy. Lower case, without port. */
  readonly hosts: readonly string[]
}

/** What is asked of a request. */
export interface Knock {
  readonly method: string
  /** As in the request line. */
  readonly target: string
  readonly headers: IncomingHttpHeaders
  /** How many Host headers it has. */
  readonly hostHeaders: number
  readonly remoteAddress: string
}

/** `/healthz` is for probes, `/login` is how a browser gets its token. */
const openPaths: readonly string[] = ['/healthz', '/login']

/** Put there by proxies and tunnels: the one who asks is somebody else. */
const proxyHeaders = /^(forwarded|x-forwarded.*|x-real-ip|via|true-client-ip|cf-connecting-ip)$/

/** Null for one that may come in. */
export function refuse(knock: Knock, rules: DoorRules): Refusal | null {
  const { target, headers } = knock
  // A fragment is no part of a request; what reads the path later might take it for one.
  if (!target.startsWith('/') || target.includes('#'))
    return { code: 'bad_request', message: 'the request names no path of this server' }
  return (
    refuseHost(knock, rules) ??
    refuseOrigin(headers, rules) ??
    (openPaths.includes(pathOf(target)) ? null : refuseStranger(knock, rules))
  )
}

export function pathOf(target: string): string {
  return target.replace(/\?.*$/s, '')
}

function refuseHost({ headers: { host }, hostHeaders }: Knock, { hosts, isLocal }: DoorRules): Refusal | null {
  const name = hostHeaders === 1 && host !== undefined ? hostName(host) : null
  // An address cannot be pointed elsewhere, as a name can. But browsers tell which site asks only of loopback addresses
  // and https: by another way here, such as 0.0.0.0, a stranger's page would look like a script of this machine.
  const isAddress = name !== null && (isLocal ? isLoopbackName(name) : name === 'localhost' || isIP(name) !== 0)
  if (name !== null && (isAddress || hosts.includes(name))) return null
  return {
    code: 'forbidden',
    message: 'this server does not answer to that host name',
    hint: 'Use its address, or start it with --allow-host NAME.',
  }
}

/** Lower case, without port and brackets; null for what is no host. */
export function hostName(host: string): string | null {
  const [, bracketed, plain] = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/i.exec(host) ?? []
  return (bracketed ?? plain)?.toLowerCase() ?? null
}

function refuseOrigin(headers: IncomingHttpHeaders, { hosts }: DoorRules): Refusal | null {
  const { origin, host = '' } = headers
  if (origin !== undefined && !isOwnOrigin(origin, host, hosts)) return foreign
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return foreign
  return null
}

const foreign: Refusal = {
  code: 'forbidden',
  message: 'requests of other sites are refused',
  hint: "Open the page by the link that serve printed: type or paste it into the browser's address bar.",
}

function isOwnOrigin(origin: string, host: string, hosts: readonly string[]): boolean {
  const [, authority = ''] = /^https?:\/\/([^/]+)$/i.exec(origin) ?? []
  if (authority === '') return false
  if (authority.toLowerCase() === host.toLowerCase()) return true
  // Behind a proxy, Host may be what the proxy calls this server.
  const name = hostName(authority)
  return name !== null && hosts.includes(name)
}

function refuseStranger(knock: Knock, rules: DoorRules): Refusal | null {
  const { headers } = knock
  const { authorization } = headers
  if (authorization !== undefined) return hasToken(authorization, rules.token) ? null : wrongToken
  const pass = cookieOf(headers.cookie ?? '', rules.passes.cookieName)
  if (pass !== null && rules.passes.isPass(pass)) return comesFromPage(knock) ? null : foreign
  return rules.trustsLoopback && isPlain(knock) ? null : noToken
}

function hasToken(authorization: string, token: string): boolean {
  const [, said] = /^Bearer +(\S+)$/i.exec(authorization) ?? []
  return said !== undefined && sameText(said, token)
}

/**
 * What a script of this machine sends: nothing of a browser, nothing of a proxy, and this machine's own name. A proxy
 * that adds no header still passes on the name by which it was reached.
 */
function isPlain({ headers, remoteAddress }: Knock): boolean {
  return (
    isLoopback(remoteAddress) &&
    isLoopbackName(hostName(headers.host ?? '') ?? '') &&
    headers.origin === undefined &&
    headers['sec-fetch-site'] === undefined &&
    !Object.keys(headers).some((name) => proxyHeaders.test(name))
  )
}

/** Also for the form that IPv4 addresses have in IPv6 sockets. */
export function isLoopback(address: string): boolean {
  return isLoopbackName(address.toLowerCase().replace(/^::ffff:(?=127\.)/, ''))
}

function isLoopbackName(name: string): boolean {
  return name === '::1' || name === 'localhost' || /^127(\.\d{1,3}){3}$/.test(name)
}

/** Browsers send a cookie along whoever asks: what changes something has to say that the page does. */
function comesFromPage({ method, headers }: Knock): boolean {
  if (method === 'GET' || method === 'HEAD') return true
  return headers.origin !== undefined || headers['sec-fetch-site'] === 'same-origin'
}

function cookieOf(header: string, cookieName: string): string | null {
  for (const part of header.split(';')) {
    const [name, value] = part.trim().split('=', 2)
    if (name === cookieName && value !== undefined) return value
  }
  return null
}

const authenticate = { 'www-authenticate': 'Bearer realm="wholesaler"' }

const noToken: Refusal = {
  code: 'unauthorized',
  message: 'a token is needed here',
  hint: 'Browsers: open the link that serve printed. Programs: send the header Authorization: Bearer TOKEN.',
  headers: authenticate,
}

/** For a token that was shown and is not the one. */
export const wrongToken: Refusal = {
  code: 'unauthorized',
  message: 'that token is not the one',
  hint: 'It is in WHOLESALER_TOKEN of the server, or in the file serve-token of its state folder.',
  headers: authenticate,
}
