/** What came back from the shop: JSON, or what stands in its place when something went wrong there. */

export type ShopBody =
  | { readonly kind: 'json'; readonly value: unknown }
  /** JSON after something that does not belong there: a PHP warning, a byte order mark. */
  | { readonly kind: 'prefixed'; readonly value: unknown; readonly prefix: string }
  /** A page for people: an error, maintenance, a login, a firewall. */
  | { readonly kind: 'page' }
  | { readonly kind: 'empty' }
  | { readonly kind: 'broken' }

/** Longest text before the JSON that is looked through. */
const prefixMax = 20_000

export function readShopBody(bytes: Buffer): ShopBody {
  const text = bytes.toString('utf8')
  if (text.trim() === '') return { kind: 'empty' }
  const whole = parse(text)
  if (whole !== undefined) return { kind: 'json', value: whole }
  const prefixed = afterPrefix(text)
  if (prefixed !== null) return prefixed
  return { kind: /^\s*(<!doctype|<html|<\?xml)/i.test(text) ? 'page' : 'broken' }
}

/** In words, for messages. */
export const bodyWords: Readonly<Record<Exclude<ShopBody['kind'], 'json'>, string>> = {
  prefixed: 'something else before its JSON (a PHP warning?)',
  page: 'a page for people instead of JSON',
  empty: 'nothing',
  broken: 'what is not JSON',
}

/** Tries every place where a document may begin after a line of something else. */
function afterPrefix(text: string): ShopBody | null {
  const starts = /(?:^\uFEFF?|[>\n\s])([{[])/g
  for (let match = starts.exec(text); match !== null && match.index < prefixMax; match = starts.exec(text)) {
    const at = match.index + match[0].length - 1
    const value = parse(text.slice(at))
    if (value !== undefined) return { kind: 'prefixed', value, prefix: text.slice(0, at).trim() }
  }
  return null
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
