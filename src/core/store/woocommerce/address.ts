/** Where the shop's REST API is: below the site, which may be in a folder, with or without pretty permalinks. */
import { WholesalerError } from '../../errors.js'
import { parseUrl } from '../../parse-url.js'

export type Parameters = Readonly<Record<string, string | number>>

export interface ShopAddress {
  /** The site, without slash, query and secrets at its end: `https://example.com/shop`. Stable: binds the ledger. */
  readonly site: string
  /** `plain`: routes go into the parameter `rest_route`. */
  readonly permalinks: 'pretty' | 'plain'
}

/** Takes the address as typed: the site, or its `/wp-json/`, or its `?rest_route=/`. Throws `config`. */
export function parseShopAddress(typed: string): ShopAddress {
  const url = parseUrl(typed.trim())
  if (url === null || !/^https?:$/.test(url.protocol)) throw bad('is not an http or https URL')
  if (url.username !== '' || url.password !== '') throw bad('holds a user or password, which do not belong there')
  const permalinks = url.searchParams.has('rest_route') ? 'plain' : 'pretty'
  const folder = url.pathname.replace(/\/(index\.php|wp-json(\/.*)?)?$/, '').replace(/\/+$/, '')
  return { site: `${url.origin}${folder}`, permalinks }
}

/** The URL of a route such as `/wc/v3/products`. */
export function routeUrl({ site, permalinks }: ShopAddress, route: string, parameters: Parameters): URL {
  const url = new URL(permalinks === 'pretty' ? `${site}/wp-json${route}` : `${site}/`)
  if (permalinks === 'plain') url.searchParams.set('rest_route', route)
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, String(value))
  return url
}

function bad(what: string): WholesalerError {
  return new WholesalerError({
    kind: 'config',
    message: `store.url ${what}`,
    hint: "Write the address of the shop's front page, such as https://shop.example.com.",
  })
}
