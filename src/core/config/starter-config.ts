/** A config to begin with, and the file that holds secrets beside it: pure text. */
import { parseUrl } from '../parse-url.js'

export interface Starter {
  readonly shop: { readonly url: string; readonly images: 'upload' | 'src' } | null
  readonly wholesaler: { readonly name: string; readonly feed: string } | null
}

export const starterConfigName = 'wholesaler.config.mjs'
export const environmentFileName = 'wholesaler.env'

/** A config file as a person would write it. No secret is in it. */
export function starterConfig({ shop, wholesaler }: Starter): string {
  const store =
    shop === null
      ? "{ type: 'catalog' }"
      : `{ type: 'woocommerce', url: ${quoted(shop.url)}, images: ${quoted(shop.images)} }`
  const wholesalers =
    wholesaler === null
      ? ['    // aren: { feed: "https://example.com/offer.xml" },']
      : [`    ${quoted(wholesaler.name)}: { feed: ${quoted(wholesaler.feed)} },`]
  return [
    '/** Written by `wholesaler init`. What else it may say: README, "Configure it". Secrets never stand here. */',
    'export default {',
    `  store: ${store},`,
    '  wholesalers: {',
    ...wholesalers,
    '  },',
    '}',
    '',
  ].join('\n')
}

/** Variables as a shell and `node --env-file` read them: `NAME='value'`. */
export function environmentFile(variables: Readonly<Record<string, string>>): string {
  const lines = Object.entries(variables).map(([name, value]) => `${name}='${value.replaceAll("'", "'\\''")}'`)
  return [`# Secrets of wholesaler. To use them: set -a; . ./${environmentFileName}; set +a`, ...lines, ''].join('\n')
}

/** What is wrong with the address of a feed in a config: null when nothing is. */
export function feedFault(feed: string): string | null {
  const url = parseUrl(feed)
  return url !== null && (url.username !== '' || url.password !== '')
    ? 'user and password do not belong into the config: name them by headers: { Authorization: { env: … } }'
    : null
}

function quoted(text: string): string {
  return JSON.stringify(text)
}
