/** What an import did, for people: the end of `import` on stdout when no document was asked for. */
import type { ChalkInstance } from 'chalk'
import type { PlannedChange } from '../core/plan-import.js'
import { changeLines } from './change-text.js'
import type { ImportDocument, ImportFeedFields } from './documents.js'
import { count, countOf, secondsText } from './figures.js'
import { pairLines, tableLines } from './table.js'

/** Compact and aligned: feeds, changes of a dry run, products, images, what is left, the next thing to do. */
export function importSummary(
  document: ImportDocument,
  style: ChalkInstance,
  changes: readonly PlannedChange[] = [],
): string {
  const { feeds, job } = document
  const lines = [
    ...feedLines(feeds, style),
    ...changeLines(changes, style),
    ...pairLines([
      ['Products', job === null ? null : productsText(document)],
      ['Dry run', document.dry_run ? document.message : null],
      ['Images', document.dry_run ? imagePlanText(document) : imagesText(document)],
      ['Left', leftText(document)],
      ['Rejects', rejectsText(feeds)],
      ['Time', job?.duration == null ? null : timeText(job.duration, job.total_processed)],
      ['Job', document.job_id === null ? null : `${document.job_id}, ${document.message}`],
      ['Next', nextStep(document)],
    ]),
  ]
  return lines.length === 0 ? `${document.message}\n` : `${lines.join('\n')}\n`
}

function feedLines(feeds: readonly ImportFeedFields[], style: ChalkInstance): string[] {
  if (feeds.length === 0) return []
  const number = (title: string, value: (feed: ImportFeedFields) => number | undefined) => ({
    title,
    side: 'right' as const,
    value: (feed: ImportFeedFields) => {
      const figure = value(feed)
      return figure === undefined ? '' : count(figure)
    },
  })
  const [titles = '', ...rows] = tableLines<ImportFeedFields>(
    [
      { title: 'FEED', value: ({ wholesaler }) => wholesaler, widthMax: 24 },
      number('RECORDS', ({ records }) => records),
      number('PRODUCTS', ({ products }) => products),
      number('VARIANTS', ({ variants }) => variants),
      number('IMAGES', ({ images }) => images),
      number('REJECTS', ({ rejects }) => rejects),
      number('REPAIRS', ({ repairs }) => repairs),
      number('NEW', ({ staged }) => staged?.new),
      number('CHANGED', ({ staged }) => staged?.changed),
      number('MISSING', ({ staged }) => staged?.missing),
    ],
    feeds,
  )
  const failed = feeds.filter((feed) => feed.error !== null || !feed.complete)
  const troubles = pairLines(failed.map((feed) => [feed.wholesaler, feed.error?.message ?? 'the feed ended early']))
  return [style.dim(titles), ...rows, ...troubles.map((line) => style.red(line)), '']
}

function productsText({ job }: ImportDocument): string {
  const counts = [
    [job?.total_created, 'created'],
    [job?.total_updated, 'updated'],
    [job?.total_unchanged, 'unchanged'],
    [job?.total_skipped, 'skipped'],
    [job?.total_errors, 'failed'],
    [job?.total_retired, 'taken out of sale'],
  ] as const
  const shown = counts.filter(([number]) => (number ?? 0) > 0).map(([number, word]) => `${count(number ?? 0)} ${word}`)
  return shown.length === 0 ? 'nothing to do' : shown.join(', ')
}

function imagesText({ images }: ImportDocument): string | null {
  const counts = [
    [images.downloaded, 'downloaded'],
    [images.attached, 'attached'],
    [images.duplicates_skipped, 'already there'],
    [images.failed, 'failed'],
  ] as const
  const shown = counts.filter(([number]) => number > 0).map(([number, word]) => `${count(number)} ${word}`)
  return shown.length === 0 ? null : shown.join(', ')
}

function imagePlanText({ images: { plan } }: ImportDocument): string | null {
  if (plan === null || plan.products === 0) return null
  const counts = [
    [plan.keep, 'to keep'],
    [plan.attach, 'to attach from what is there'],
    [plan.download, `to download with ${countOf(plan.requests, 'request')}`],
    [plan.skip, 'to skip'],
  ] as const
  return counts
    .filter(([number]) => number > 0)
    .map(([number, words]) => `${count(number)} ${words}`)
    .join(', ')
}

function leftText({ pending, images }: ImportDocument): string | null {
  const parts = [
    (pending ?? 0) === 0 ? null : countOf(pending ?? 0, 'product'),
    (images.pending ?? 0) === 0 ? null : `images of ${countOf(images.pending ?? 0, 'product')}`,
  ].filter((part) => part !== null)
  return parts.length === 0 ? null : parts.join(', ')
}

function rejectsText(feeds: readonly ImportFeedFields[]): string | null {
  const files = new Set(feeds.map(({ rejects_file: file }) => file).filter((file) => file !== null))
  return files.size === 0 ? null : [...files].join(', ')
}

function timeText(seconds: number, processed: number): string {
  const rate = seconds > 0 && processed > 0 ? `, ${count(Math.round(processed / seconds))} products/s` : ''
  return `${secondsText(seconds)}${rate}`
}

/** The next thing to type, when there is one. */
function nextStep(document: ImportDocument): string | null {
  const { job_id: id, job } = document
  if (document.error?.hint != null) return document.error.hint
  if (document.dry_run) return document.pending === 0 ? null : 'Run it without --dry-run to do this.'
  if (document.scheduled) return `wholesaler status ${id} --watch`
  if (job?.status === 'failed') return 'Finished batches are kept: the next wholesaler import goes on with the rest.'
  if ((document.pending ?? 0) > 0) return 'The next wholesaler import goes on with what is left.'
  if (document.images.failed > 0)
    return 'A later import tries the failed images again; to try them now: wholesaler import --retry-images.'
  return null
}
