/** A job in the list: one row, patched in place while the job runs. */
import { count, secondsText } from '../../../../cli/figures.js'
import { el, set, setText, show } from '../element.js'
import type { WatchedJob } from '../facts.js'
import type { Row } from '../keyed-list.js'
import { glyph, progressBar, type Table, timeTag } from '../parts.js'
import { agoText, leftText, namesOf, productsText, rateText, stateOf, stuckWords } from '../words.js'

export const jobColumns = [
  { title: 'Job' },
  { title: 'State' },
  { title: 'Products', isNumber: true },
  { title: 'New', isNumber: true, isMinor: true },
  { title: 'Changed', isNumber: true, isMinor: true },
  { title: 'Errors', isNumber: true, isMinor: true },
  { title: 'Speed', isNumber: true },
  { title: 'Time', isNumber: true },
  { title: 'Added', isNumber: true },
]

export interface ShownJob {
  readonly watched: WatchedJob
  readonly nowMs: number
}

export function jobRow(cell: Table['cell']): Row<ShownJob> {
  const sign = glyph()
  const name = el('span', { class: 'name' })
  const link = el('a', {})
  const word = el('span', { class: 'word' })
  const why = el('span', { class: 'why' })
  const bar = progressBar('')
  const [products, created, updated, errors, speed, time] = [1, 2, 3, 4, 5, 6].map(() => el('span'))
  const added = timeTag()
  const element = el(
    'tr',
    {},
    cell(0, link),
    cell(1, el('span', { class: 'state' }, sign.element, word), bar, why),
    ...[products, created, updated, errors, speed, time].map((figure, index) => cell(index + 2, figure ?? null)),
    cell(8, added.element),
  )
  link.append(el('span', { class: 'id' }), name)
  return {
    element,
    update({ watched, nowMs }) {
      const { job } = watched
      const { mark, word: stateWord } = stateOf(job, watched.stuck !== null)
      const isAtWork = mark === 'running'
      set(element, 'data-mark', mark)
      set(link, 'href', `#/jobs/${job.id}`)
      setText(link.firstElementChild ?? link, `Job ${job.id} `)
      setText(name, namesOf(job))
      sign.update(mark, job.progress)
      setText(word, isAtWork ? `${stateWord}, ${job.progress} %` : stateWord)
      show(bar, isAtWork)
      set(bar, 'aria-label', `Progress of job ${job.id}`)
      if (bar.value !== job.progress) bar.value = job.progress
      setText(why, whyOf(watched))
      const figures = [productsText(job), ...[job.total_created, job.total_updated, job.total_errors].map(figure)]
      ;[products, created, updated, errors].forEach((node, index) => {
        if (node !== undefined) setText(node, figures[index] ?? '')
      })
      if (errors !== undefined) set(errors, 'class', job.total_errors > 0 ? 'bad' : null)
      if (speed !== undefined) setText(speed, watched.perSecond === null ? '' : rateText(watched.perSecond))
      if (time !== undefined) setText(time, timeOf(watched, nowMs))
      added.update(job.created_at, nowMs)
    },
  }
}

/** Zeros are shown faintly by being left out: what is there stands out. */
function figure(number: number): string {
  return number === 0 ? '–' : count(number)
}

function whyOf({ job, stuck }: WatchedJob): string {
  if (stuck !== null) return stuckWords(stuck.reason)
  return job.status === 'failed' ? (job.error_messages[0] ?? '') : ''
}

/** What is left, or what it took. A job that runs is told by its own seconds, between two messages too. */
function timeOf({ job, secondsLeft }: WatchedJob, nowMs: number): string {
  if (secondsLeft !== null) return `${leftText(secondsLeft)} left`
  if (job.status === 'running' && job.started_at !== null) return `for ${agoText(nowMs / 1000 - job.started_at)}`
  return job.duration === null ? '' : secondsText(job.duration)
}
