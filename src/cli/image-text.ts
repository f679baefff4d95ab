/** The images of one product, for people. */
import type { ChalkInstance } from 'chalk'
import type { ImageFields, ImageStatusDocument } from './documents.js'
import { count, countOf } from './figures.js'
import { plain } from './print.js'
import { tableLines } from './table.js'

/** Enough of a sha256 to tell images of a shop apart; `--json` has all of it. */
const hashShown = 12

export function imageText(document: ImageStatusDocument, style: ChalkInstance): string {
  const { product_id: id, sku, name, images } = document
  const head = `${style.bold(plain(name))}  product ${id}${sku === null ? '' : `, SKU ${plain(sku)}`}`
  const figures = [
    document.featured_image === 0 ? 'no featured image' : 'featured image',
    `${count(document.gallery_images)} in the gallery`,
    ...(document.variant_images === 0 ? [] : [countOf(document.variant_images, 'variant image')]),
  ].join(', ')
  if (images.length === 0) return `${head}\nNo images.\n`
  const [titles = '', ...rows] = tableLines<ImageFields>(
    [
      { title: 'ID', value: ({ id }) => String(id), side: 'right' },
      { title: 'USE', value: ({ role, variant }) => (variant === null ? role : `${role} ${variant}`), widthMax: 32 },
      { title: 'SHA256', value: ({ sha256 }) => sha256?.slice(0, hashShown) ?? '' },
      { title: 'FROM', value: ({ original_url: from, url }) => from ?? url },
    ],
    images,
  )
  return `${[head, figures, '', style.dim(titles), ...rows].join('\n')}\n`
}
