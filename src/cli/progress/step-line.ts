/** One step of a run as a line of text. */
import { bytes, count, secondsText } from '../figures.js'
import { plain } from '../print.js'
import type { StepView, WholesalerView } from './run-view.js'

const titles = { fetch: 'Fetch', stage: 'Stage', import: 'Import', images: 'Images' } as const

/** All titles take as many columns as the longest, so that what follows stands in one column. */
const titleWidth = 8

/** Puts a bar before the figures of a step that knows its total. Only terminals have one. */
export type Bar = (step: StepView, figures: string) => string

/**
 * `Import  ━━━━━╌╌╌  45 %  4,500 / 10,000 · 1,234/s · 4 s left`, without the bar when there is no total;
 * plain: the same for logs, without bar and columns.
 */
export function stepLine(view: WholesalerView, step: StepView, bar: Bar | null): string {
  const text = textOf(view, step, bar)
  if (bar === null) return `${step.step} ${text}`.trimEnd()
  return `${titles[step.step].padEnd(titleWidth)}${text}`.trimEnd()
}

function textOf(view: WholesalerView, step: StepView, bar: Bar | null): string {
  switch (step.state) {
    case 'waiting':
      return 'waiting'
    case 'unreached':
      return 'not reached'
    case 'stopped':
      return joined([amount(step), troubles(view, step), 'stopped'])
    case 'running':
      return bar === null ? figuresOf(view, step) : bar(step, figuresOf(view, step))
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
