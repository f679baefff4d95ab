/** The images of one product, for people. */
import type { ChalkInstance } from 'chalk'
import type { ImageDecisionFields, ImageFields, ImageStatusDocument } from './documents.js'
import { count, countOf, timeText } from './figures.js'
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
  const plan = document.plan === undefined ? [] : ['', ...planLines(document.plan, style)]
  if (images.length === 0) return `${[head, 'No images.', ...plan].join('\n')}\n`
  const [titles = '', ...rows] = tableLines<ImageFields>(
    [
      { title: 'ID', value: ({ id }) => String(id), side: 'right' },
      { title: 'USE', value: ({ role, variant }) => (variant === null ? role : `${role} ${variant}`), widthMax: 32 },
      { title: 'SHA256', value: ({ sha256 }) => sha256?.slice(0, hashShown) ?? '' },
      { title: 'FROM', value: ({ original_url: from, url }) => from ?? url },
    ],
    images,
  )
  return `${[head, figures, '', style.dim(titles), ...rows, ...plan].join('\n')}\n`
}

function planLines(plan: readonly ImageDecisionFields[] | null, style: ChalkInstance): string[] {
  if (plan === null) return ['No feed that was read describes this product, so an import leaves its images alone.']
  if (plan.length === 0) return ['The feed names no images of it.']
  const [titles = '', ...rows] = tableLines<ImageDecisionFields>(
    [
      { title: 'PLAN', value: ({ action }) => action },
      { title: 'BECAUSE', value: becauseOf },
      { title: 'IMAGE', value: ({ image_id: id }) => (id === null ? '' : String(id)), side: 'right' },
      { title: 'WANTED', value: ({ url }) => url },
    ],
    plan,
  )
  return [style.dim(titles), ...rows]
}

function becauseOf({ reason, detail, retry_at: at }: ImageDecisionFields): string {
  const why = detail === null ? (reasonTexts[reason] ?? reason) : detail
  return at === null ? why : `${why}, asked again after ${timeText(at * 1000)}`
}

const reasonTexts: Readonly<Record<string, string>> = {
  original_url: 'it came from this address',
  own_url: 'it is at this address in the shop',
  same_file_name: 'the same file name, and no other has it',
  library: 'another product has it',
  unknown: 'nobody knows it',
  failed_before: 'it failed, and is tried again',
  refresh: 'it may have changed',
}
