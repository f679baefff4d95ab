/**
 * The audit as one HTML file that needs nothing else: thumbnails are in it, there is no script, and its policy
 * lets the browser fetch nothing. Written piece by piece, so that a large shop takes no more memory.
 */
import { createHash } from 'node:crypto'
import type { AuditedImage, DuplicateGroup, ImageAudit } from '../../core/images/audit-images.js'
import { nearDistanceMax } from '../../core/images/near-duplicate.js'
import { sideMax } from '../../core/images/recipe.js'
import type { Store, StoreId } from '../../core/store/store.js'
import { bytes, count, countOf, timeText } from '../figures.js'
import { type Html, html, raw } from './html.js'
import { sheetStyle } from './sheet-style.js'

export interface SheetPorts {
  readonly store: Pick<Store, 'readImage'>
  readonly thumbnail: (data: Buffer) => Promise<Buffer | null>
  readonly nowMs: number
}

/** Pictures or groups shown of each finding: more is nothing to look at, and browsers slow down at some thousand. */
const shownMax = 250
/** Products shown with their images. */
const productsMax = 200

export interface ShownProduct {
  readonly name: string
  readonly sku: string | null
  readonly images: readonly AuditedImage[]
}

/** The sheet of a store, or of one product: `title` says which. */
export async function* contactSheet(
  title: string,
  audit: ImageAudit,
  products: readonly ShownProduct[],
  ports: SheetPorts,
): AsyncGenerator<string> {
  const picture = pictures(ports)
  yield page(title, audit, ports.nowMs).text
  yield* groups('exact', 'Exact duplicates', audit.exact, picture)
  yield* groups('near', 'Near duplicates', audit.near, picture)
  yield* images('missing', 'Missing files', audit.missing, picture)
  yield* images('damaged', 'Damaged files', audit.damaged, picture)
  yield* images('oversized', 'Oversized', audit.oversized, picture)
  yield* images('orphans', 'Orphans', audit.orphans, picture)
  if (audit.stray.length > 0) yield strayFiles(audit).text
  yield* shownProducts(products, picture)
  yield html`</main><footer>Written by wholesaler. This file is complete: it loads nothing and runs no script.</footer></body></html>
`.text
}

/** Scripts, frames, forms and every fetch are off; styles are those of this file, by their hash. */
export function sheetPolicy(): string {
  const style = createHash('sha256').update(sheetStyle).digest('base64')
  return `default-src 'none'; img-src data:; style-src 'sha256-${style}'; base-uri 'none'; form-action 'none'`
}

function page(title: string, audit: ImageAudit, nowMs: number): Html {
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${sheetPolicy()}">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer">
<title>${title}</title><style>${raw(sheetStyle)}</style></head>
<body><a class="skip" href="#findings">To the findings</a>
<header><h1>${title}</h1>
<p class="faint">${countOf(audit.images, 'image')} in ${countOf(audit.products, 'product')}, ${bytes(audit.bytes)}, looked at ${timeText(nowMs)}</p>
<nav aria-label="Findings"><ul class="tiles">${tilesOf(audit)}</ul></nav></header><main id="findings">
`
}

function tilesOf({ exact, near, missing, damaged, oversized, orphans, stray }: ImageAudit): readonly Html[] {
  const spare = (found: readonly DuplicateGroup[]) => found.reduce((sum, { images }) => sum + images.length - 1, 0)
  const tile = (id: string, number: number, words: string, mood: 'bad' | 'warn') =>
    html`<li><a href="#${id}" class="${number === 0 ? 'fine' : mood}"><b>${count(number)}</b><span>${words}</span></a></li>`
  return [
    tile('exact', spare(exact), 'exact duplicates to spare', 'warn'),
    tile('near', spare(near), 'near duplicates to judge', 'warn'),
    tile('missing', missing.length, 'missing files', 'bad'),
    tile('damaged', damaged.length, 'damaged files', 'bad'),
    tile('oversized', oversized.length, 'oversized', 'warn'),
    tile('orphans', orphans.length, 'shown by no product', 'warn'),
    tile('stray', stray.length, 'files that no image names', 'warn'),
  ]
}

const reasons: Readonly<Record<string, string>> = {
  exact:
    'The same bytes, under more than one image. "images dedupe" lets all products show the one marked "keep"; nobody sees a difference.',
  near: `The same picture to the eye: same shape, same colours, at most ${nearDistanceMax} of 64 bits apart. Often another size or compression, sometimes another product. Look before you merge: "images dedupe --near ID" takes the group of that image.`,
  missing: 'Products show these, and their files are gone. "import --verify" fetches them again.',
  damaged: 'Their files cannot be decoded any more. Delete them, then "import --verify" fetches them again.',
  oversized: `Longer than ${sideMax} pixels or more than 1 MB: slow on every page that shows them. "images reprocess" makes them smaller.`,
  orphans: 'In the store, but shown by no product.',
  stray: 'In the media folder, but no image names them: left by an interrupted run, or put there by hand.',
}

function* section(id: string, title: string, figure: string, isOpen = true): Generator<string, void> {
  const why = reasons[id]
  yield html`<details id="${id}"${raw(isOpen ? ' open' : '')}><summary><h2>${title} <small>${figure}</small></h2></summary>
${why === undefined ? null : html`<p class="why">${why}</p>`}`.text
}

type Picture = (image: AuditedImage, mark: Html | null, caption: Html) => Promise<Html>

async function* groups(
  id: string,
  title: string,
  found: readonly DuplicateGroup[],
  picture: Picture,
): AsyncGenerator<string> {
  if (found.length === 0) return
  yield* section(id, title, countOf(found.length, 'group'))
  yield '<div class="groups">'
  for (const { images: members, distance } of found.slice(0, shownMax)) {
    const figures: Html[] = []
    for (const [index, image] of members.entries()) {
      const mark = index === 0 ? html`<i class="mark keep">keep</i>` : html`<i class="mark spare">spare</i>`
      figures.push(await picture(image, mark, captionOf(image)))
    }
    const saved = members.slice(1).reduce((sum, image) => sum + (image.bytes ?? 0), 0)
    const apart = distance === 0 ? null : html`, ${countOf(distance, 'bit')} apart`
    yield html`<div class="group"><p><b>${countOf(members.length, 'image')}</b>${apart}, ${bytes(saved)} to save</p><ul class="row">${figures}</ul></div>
`.text
  }
  yield `</div>${more(found.length, shownMax).text}</details>`
}

async function* images(
  id: string,
  title: string,
  found: readonly AuditedImage[],
  picture: Picture,
): AsyncGenerator<string> {
  if (found.length === 0) return
  yield* section(id, title, count(found.length))
  yield '<ul class="row">'
  for (const image of found.slice(0, shownMax)) yield (await picture(image, null, captionOf(image))).text
  yield `</ul>${more(found.length, shownMax).text}</details>`
}

async function* shownProducts(products: readonly ShownProduct[], picture: Picture): AsyncGenerator<string> {
  if (products.length === 0) return
  yield* section('products', 'Products', countOf(products.length, 'product'))
  yield '<div class="groups">'
  for (const { name, sku, images: shown } of products.slice(0, productsMax)) {
    const figures: Html[] = []
    for (const [index, image] of shown.entries()) {
      const mark = index === 0 ? html`<i class="mark first">featured</i>` : null
      figures.push(await picture(image, mark, html`<b>${image.id}</b><span>${sizeOf(image)}</span>`))
    }
    yield html`<div class="group"><p><b>${name}</b> ${sku}</p><ul class="row">${figures}</ul></div>
`.text
  }
  yield `</div>${more(products.length, productsMax).text}</details>`
}

function strayFiles({ stray }: ImageAudit): Html {
  const rows = stray
    .slice(0, shownMax)
    .map(({ url, bytes: size }) => html`<tr><td>${url}</td><td>${bytes(size)}</td></tr>`)
  return html`<details id="stray"><summary><h2>Stray files <small>${count(stray.length)}</small></h2></summary>
<p class="why">${reasons.stray ?? null}</p><table>${rows}</table>${more(stray.length, shownMax)}</details>`
}

function more(length: number, limit: number): Html {
  return length <= limit
    ? raw('')
    : html`<p class="faint">and ${count(length - limit)} more; --json has all of them.</p>`
}

function captionOf(image: AuditedImage): Html {
  const [first] = image.uses
  const rest = image.uses.length > 1 ? ` and ${countOf(image.uses.length - 1, 'other place')}` : ''
  const shown = first === undefined ? 'shown by nothing' : `${first.sku ?? first.name}${rest}`
  return html`<b>${shown}</b><span>${sizeOf(image)}</span><span title="${image.originalUrl ?? ''}">${image.originalUrl ?? image.url}</span>`
}

function sizeOf({ id, width, height, bytes: size }: AuditedImage): string {
  const pixels = width === null || height === null ? [] : [`${width} × ${height}`]
  return [`image ${id}`, ...pixels, ...(size === null ? [] : [bytes(size)])].join(', ')
}

/** Thumbnails that were made, kept while neighbours may show them again. */
const rememberedMax = 500

function pictures({ store, thumbnail }: SheetPorts): Picture {
  const made = new Map<StoreId, Buffer | null>()
  const thumbnailOf = async (id: StoreId): Promise<Buffer | null> => {
    const known = made.get(id)
    if (known !== undefined) return known
    const data = await store.readImage(id)
    const small = data === null ? null : await thumbnail(data)
    if (made.size >= rememberedMax) made.clear()
    made.set(id, small)
    return small
  }
  return async (image, mark, caption) => {
    const data = await thumbnailOf(image.id)
    const alt = image.uses[0]?.name ?? `image ${image.id}`
    const shown =
      data === null
        ? html`<div class="picture none">${mark}${image.present ? 'cannot be shown' : 'the file is gone'}</div>`
        : html`<div class="picture">${mark}<img loading="lazy" alt="${alt}" src="data:image/webp;base64,${data.toString('base64')}"></div>`
    return html`<li><figure>${shown}<figcaption>${caption}</figcaption></figure></li>
`
  }
}
