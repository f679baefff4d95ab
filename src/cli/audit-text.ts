/** What an audit of images found, for people: figures first, then the first of each kind. */
import type { ChalkInstance } from 'chalk'
import type { AuditedImageFields, DuplicateGroupFields, ImageAuditDocument } from './documents.js'
import { bytes, count, countOf } from './figures.js'
import { pairLines, tableLines } from './table.js'

/** Findings shown of each kind; `--json` and `--html` have all of them. */
const shownMax = 10

export function auditText(document: ImageAuditDocument, style: ChalkInstance): string {
  const { exact, near, missing, damaged, oversized, orphans, stray_files: stray, pending, rebuilt } = document
  const waiting = Object.values(pending).reduce((sum, number) => sum + number, 0)
  const figures = pairLines([
    ['Images', `${count(document.images)} in ${countOf(document.products, 'product')}, ${bytes(document.bytes)}`],
    ['Exact duplicates', groupsText(exact)],
    ['Near duplicates', groupsText(near)],
    ['Missing files', missing.length === 0 ? 'none' : count(missing.length)],
    ['Damaged files', damaged.length === 0 ? null : count(damaged.length)],
    ['Oversized', oversized.length === 0 ? 'none' : count(oversized.length)],
    ['Orphans', orphans.length === 0 ? 'none' : `${count(orphans.length)}, ${bytes(sizeOf(orphans))}`],
    ['Stray files', stray.length === 0 ? null : `${count(stray.length)}, ${bytes(sizeOf(stray))}`],
    ['Not in the library', document.unknown === 0 ? null : count(document.unknown)],
    ['Waiting', waiting === 0 ? null : `images of ${countOf(waiting, 'product')}`],
    ['Rebuilt', rebuilt === null ? null : `${countOf(rebuilt.images, 'image')}, ${countOf(rebuilt.urls, 'URL')} added`],
    ['Contact sheet', document.html],
    ['Next', nextStep(document)],
  ])
  const parts = [
    ...groupLines('Exact duplicates', exact, style),
    ...groupLines('Near duplicates', near, style),
    ...imageLines('Missing files', missing, style),
    ...imageLines('Damaged files', damaged, style),
    ...imageLines('Oversized', oversized, style),
    ...imageLines('Orphans', orphans, style),
  ]
  return `${[...figures, ...parts].join('\n')}\n`
}

function sizeOf(files: readonly { readonly bytes: number | null }[]): number {
  return files.reduce((sum, file) => sum + (file.bytes ?? 0), 0)
}

/** What merging would save: all but the first of each group. */
function groupsText(groups: readonly DuplicateGroupFields[]): string {
  if (groups.length === 0) return 'none'
  const spare = groups.flatMap(({ images }) => images.slice(1))
  return `${countOf(groups.length, 'group')}, ${count(spare.length)} to spare, ${bytes(sizeOf(spare))}`
}

function nextStep({ missing, unknown, exact, rebuilt }: ImageAuditDocument): string | null {
  if (missing.length > 0) return 'wholesaler import --verify fetches what is missing.'
  if (unknown > 0 && rebuilt === null)
    return 'wholesaler images audit --rebuild adds to the library what it does not know.'
  if (exact.length > 0) return 'wholesaler images dedupe --dry-run shows what merging would change.'
  return null
}

function groupLines(title: string, groups: readonly DuplicateGroupFields[], style: ChalkInstance): string[] {
  if (groups.length === 0) return []
  const rows = groups
    .slice(0, shownMax)
    .flatMap(({ images }, index) => images.map((image, place) => ({ image, group: place === 0 ? `${index + 1}` : '' })))
  const [titles = '', ...lines] = tableLines<(typeof rows)[number]>(
    [
      { title: '#', value: ({ group }) => group, side: 'right' },
      ...imageColumns(({ image }: (typeof rows)[number]) => image),
    ],
    rows,
  )
  return ['', style.bold(title), style.dim(titles), ...lines, ...more(groups.length)]
}

function imageLines(title: string, images: readonly AuditedImageFields[], style: ChalkInstance): string[] {
  if (images.length === 0) return []
  const [titles = '', ...lines] = tableLines(
    imageColumns((image: AuditedImageFields) => image),
    images.slice(0, shownMax),
  )
  return ['', style.bold(title), style.dim(titles), ...lines, ...more(images.length)]
}

function imageColumns<R>(of: (row: R) => AuditedImageFields) {
  return [
    { title: 'ID', value: (row: R) => String(of(row).id), side: 'right' as const },
    { title: 'SIZE', value: (row: R) => sizeText(of(row)) },
    { title: 'SHOWN BY', value: (row: R) => usesText(of(row)), widthMax: 48 },
    { title: 'FROM', value: (row: R) => of(row).original_url ?? of(row).url },
  ]
}

export function sizeText({ width, height, bytes: size }: AuditedImageFields): string {
  const pixels = width === null || height === null ? [] : [`${width} x ${height}`]
  return [...pixels, ...(size === null ? [] : [bytes(size)])].join(', ')
}

export function usesText({ uses }: AuditedImageFields): string {
  const [first] = uses
  if (first === undefined) return 'nothing'
  const rest = uses.length === 1 ? '' : ` and ${count(uses.length - 1)} more`
  return `${first.sku ?? first.name}${rest}`
}

function more(length: number): string[] {
  return length <= shownMax ? [] : [`  and ${count(length - shownMax)} more; --json and --html show all`]
}
