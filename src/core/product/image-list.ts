/** Lists of images as feeds write them: one cell or element may hold several. */
import { compileField } from './field.js'
import { firstOf, type Scope, type Selectors } from './picked.js'
import type { ImageRef } from './product.js'
import type { ProductMap } from './product-map.js'

/** A new URL begins after a separator; commas inside a URL (`w_600,f_auto`) are none. */
const beforeNextUrl = /\s*[|;~,\s]\s*(?=(?:https?:)?\/\/[^/])/i

/** In a list of URLs an image file of its own, as `photos/a.jpg` behind a bar: no URL goes on like this after its file. */
const beforeImagePath =
  /(?<=\.(?:jpe?g|png|gif|webp|avif|bmp|tiff?|svg))\s*[|;]\s*(?=[^|;?#=&\n]+\.(?:jpe?g|png|gif|webp|avif|bmp|tiff?|svg)\s*(?:[|;]|$))/i

/** Separators of bare file names; a comma only between names that all look like image files. */
const betweenNames = /\s*[|;~\n]\s*/
const imageName = /\.(?:jpe?g|png|gif|webp|avif|bmp|tiff?|svg)$/i

const isUrl = /^(?:https?:)?\/\//i

/** What every separator of a list begins with. */
const maySeparate = /[|;~,\s]/

/** Splits a cell into URLs or file names. Text that is one URL or name comes back alone. */
export function splitImages(text: string): readonly string[] {
  if (!maySeparate.test(text)) return text === '' ? [] : [text]
  if (isUrl.test(text)) {
    const urls = beforeNextUrl.test(text) ? text.split(beforeNextUrl).map(withoutTail) : [text]
    return urls.flatMap((url) => url.split(beforeImagePath))
  }
  const names = text.split(betweenNames).filter((name) => name !== '')
  if (names.length > 1 || !text.includes(',')) return names
  const byComma = text.split(/\s*,\s*/).filter((name) => name !== '')
  return byComma.every((name) => imageName.test(name)) ? byComma : names
}

/** A list may end with its separator. */
function withoutTail(url: string): string {
  return url.replace(/[\s|;~,]+$/, '')
}

/**
 * Image references of `texts`, each URL once, the first `alt` for the first of them. Names are set behind
 * `base` when there is one; `//host/…` becomes https.
 */
export function imageRefs(
  texts: readonly string[],
  {
    split,
    base,
    alt,
  }: { readonly split: boolean; readonly base?: string | undefined; readonly alt?: string | null | undefined },
): readonly ImageRef[] {
  const refs: ImageRef[] = []
  for (const text of texts) {
    for (const name of split ? splitImages(text) : [text]) {
      const url = absolute(name, base)
      if (url !== '' && !refs.some((ref) => ref.url === url)) {
        refs.push(refs.length === 0 && alt != null ? { url, alt } : { url })
      }
    }
  }
  return refs
}

function absolute(name: string, base: string | undefined): string {
  if (name.startsWith('//')) return `https:${name}`
  if (base === undefined || isUrl.test(name)) return name
  return `${base.replace(/\/+$/, '')}/${name.replace(/^\/+/, '')}`
}

/** Adds images that are not there yet, by URL. */
export function addImages(images: readonly ImageRef[], more: readonly ImageRef[]): readonly ImageRef[] {
  const known = new Set(images.map(({ url }) => url))
  return [...images, ...more.filter(({ url }) => !known.has(url))]
}

/** What image names of a record are relative to. */
export function compileImageBase(
  base: ProductMap['imageBase'],
  selectors: Selectors,
): (scope: Scope) => string | undefined {
  if (base === undefined || typeof base === 'string') return () => base
  const select = compileField(base, selectors)
  return (scope) => firstOf(select(scope)) ?? undefined
}
