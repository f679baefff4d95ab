/** One step of a run as a line of text. The bar is cli-progress's, formatted as a string: someone else draws. */
import cliProgress from 'cli-progress'
import { bytes, count, secondsText } from '../figures.js'
import { plain } from '../print.js'
import type { StepView, WholesalerView } from './run-view.js'

const titles = { fetch: 'Fetch', stage: 'Stage', import: 'Import', images: 'Images' } as const

/** All titles take as many columns as the longest, so that what follows stands in one column. */
const titleWidth = 8

/** With the longest figures, a line then fits into 80 columns. */
const barColumns = 18
const barOptions = {
  format: '{bar} {percentage} %  ',
  barsize: barColumns,
  barCompleteString: '━'.repeat(barColumns + 1),
  barIncompleteString: '╌'.repeat(barColumns + 1),
  barGlue: '',
  autopadding: true,
  autopaddingChar: '   ',
}

/**
 * `Import  ━━━━━╌╌╌  45 %  4,500 / 10,000 · 1,234/s · 4 s left`, without the bar when there is no total;
 * plain: the same for logs, without bar and columns.
 */
export function stepLine(view: WholesalerView, step: StepView, style: 'bar' | 'plain' = 'bar'): string {
  const text = textOf(view, step, style)
  if (style === 'plain') return `${step.step} ${text}`.trimEnd()
  return `${titles[step.step].padEnd(titleWidth)}${text}`.trimEnd()
}

function textOf(view: WholesalerView, step: StepView, style: 'bar' | 'plain'): string {
  switch (step.state) {
    case 'waiting':
      return 'waiting'
    case 'unreached':
      return 'not reached'
    case 'stopped':
      return joined([amount(step), troubles(view, step), 'stopped'])
    case 'running':
      return style === 'bar' ? withBar(step, figuresOf(view, step)) : figuresOf(view, step)
    case 'done':
      return joined([doneText(view, step), step.note])
    case 'skipped':
      return step.note === null ? skippedTexts[step.step] : plain(step.note)
    case 'failed':
      return step.note === null ? 'failed' : plain(step.note)
    default:
      return step.state satisfies never
  }
}

const skippedTexts = {
  fetch: 'unchanged',
  stage: 'unchanged, nothing to read',
  import: 'nothing to do',
  images: 'nothing to do',
} as const

function figuresOf(view: WholesalerView, step: StepView): string {
  return joined([amount(step), rateText(step), leftText(step), troubles(view, step), step.note])
}

/** With cli-progress's own formatter, so that a bar here and a bar of `status --watch` look alike. */
function withBar({ done, total }: StepView, figures: string): string {
  if (total === null || total === 0) return figures
  const params = {
    progress: Math.min(1, done / total),
    eta: 0,
    startTime: 0,
    stopTime: 0,
    total,
    value: done,
    maxWidth: 0,
  }
  // Added here and not as a placeholder: notes come from feeds, and may look like one themselves.
  return cliProgress.Format.Formatter(barOptions, params, {}) + figures
}

function amount({ step, done, total }: StepView): string {
  if (step === 'fetch') return total === null ? bytes(done) : `${bytes(done)} / ${bytes(total)}`
  return total === null ? `${count(done)} ${units[step]}` : `${count(done)} / ${count(total)}`
}

const units = { stage: 'products', import: 'products', images: 'products' } as const

function rateText({ step, pace }: StepView): string | null {
  const rate = pace.perSecond()
  if (rate === null) return null
  return step === 'fetch' ? `${bytes(rate)}/s` : `${rate < 10 ? rate.toFixed(1) : count(Math.round(rate))}/s`
}

function leftText({ done, total, pace }: StepView): string | null {
  const seconds = total === null || done >= total ? null : pace.secondsTo(total)
  return seconds === null ? null : `${secondsText(Math.ceil(seconds))} left`
}

function troubles(view: WholesalerView, { step }: StepView): string | null {
  const failed = { fetch: 0, stage: view.rejects, import: view.products.errors, images: view.images.failed }[step]
  return failed === 0 ? null : `${count(failed)} ${step === 'stage' ? 'rejected' : 'failed'}`
}

function doneText(view: WholesalerView, step: StepView): string {
  const { products, images } = view
  switch (step.step) {
    case 'fetch':
      return step.done === 0 ? '' : bytes(step.done)
    case 'stage':
      return joined([`${count(step.done)} products`, troubles(view, step)])
    case 'import':
      return joined([
        ...(['created', 'updated', 'unchanged', 'skipped'] as const).map((name) => counted(products[name], name)),
        troubles(view, step),
        step.done === 0 && Object.values(products).every((number) => number === 0) ? 'nothing to do' : null,
      ])
    case 'images':
      return joined([
        counted(images.downloaded, 'downloaded'),
        counted(images.attached - images.downloaded + images.duplicates, 'already there'),
        troubles(view, step),
        Object.values(images).every((number) => number === 0) ? 'nothing to do' : null,
      ])
    default:
      return step.step satisfies never
  }
}

function counted(number: number, word: string): string | null {
  return number === 0 ? null : `${count(number)} ${word}`
}

function joined(parts: readonly (string | null)[]): string {
  return parts
    .filter((part): part is string => part !== null && part !== '')
    .map(plain)
    .join(' · ')
}
