/** What merging and reprocessing did, for people. */
import type { ChalkInstance } from 'chalk'
import type { ImageDedupeDocument, ImageReprocessDocument, MergeFields } from './documents.js'
import { count, countOf } from './figures.js'
import { pairLines, tableLines } from './table.js'

/** Merges and failures shown; `--json` has all of them. */
const shownMax = 20

export function dedupeText(document: ImageDedupeDocument, style: ChalkInstance): string {
  const { merges, dry_run: isDry, products, skipped, removed, restored, undo_file: undo } = document
  const spare = merges.reduce((sum, merge) => sum + merge.spare.length, 0)
  const figures = pairLines([
    [isDry ? 'Dry run' : 'Done', document.message],
    ['Merged', merges.length === 0 ? null : `${countOf(spare, 'image')} into ${count(merges.length)}`],
    ['Products', products === 0 ? null : count(products)],
    ['Left alone', skipped === 0 ? null : countOf(skipped, 'product')],
    ['Deleted', removed === 0 ? null : countOf(removed, 'image')],
    ['Brought back', restored === 0 ? null : countOf(restored, 'image')],
    ['Job', document.job_id === null ? null : String(document.job_id)],
    ['Undo', undo === null ? null : `wholesaler images dedupe --undo ${undo}`],
    ['Next', isDry && merges.length > 0 ? 'Run it without --dry-run to do this.' : null],
  ])
  if (merges.length === 0) return `${figures.join('\n')}\n`
  const [titles = '', ...rows] = tableLines<MergeFields>(
    [
      { title: 'KEEP', value: ({ keep }) => String(keep), side: 'right' },
      { title: 'INSTEAD OF', value: ({ spare: ids }) => ids.join(', '), widthMax: 60 },
      { title: 'BECAUSE', value: ({ kind }) => (kind === 'exact' ? 'the same bytes' : 'named as near duplicates') },
    ],
    merges.slice(0, shownMax),
  )
  return `${[...figures, '', style.dim(titles), ...rows].join('\n')}\n`
}

export function reprocessText(document: ImageReprocessDocument): string {
  const { dry_run: isDry, chosen, replaced, changed, failed } = document
  const figures = pairLines([
    [isDry ? 'Dry run' : 'Done', `${countOf(chosen, 'image')} ${isDry ? 'would be processed' : 'chosen'}`],
    ['Replaced', isDry ? null : count(replaced)],
    ['Other bytes now', changed === 0 ? null : `${count(changed)}; wholesaler import --refresh-images takes them`],
    ['Failed', failed.length === 0 ? null : count(failed.length)],
    ['Job', document.job_id === null ? null : String(document.job_id)],
  ])
  const lines = failed.slice(0, shownMax)
  if (lines.length === 0) return `${figures.join('\n')}\n`
  const [titles = '', ...rows] = tableLines<(typeof lines)[number]>(
    [
      { title: 'IMAGE', value: ({ image_id: id }) => String(id), side: 'right' },
      { title: 'WHY', value: ({ reason }) => reason },
      { title: 'FROM', value: ({ url }) => url ?? '' },
    ],
    lines,
  )
  return `${[...figures, '', titles, ...rows].join('\n')}\n`
}
