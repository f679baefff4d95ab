/** The room everybody sees first: what is at work, and how the last imports went. */
import { count, countOf, secondsText } from '../../../../cli/figures.js'
import { el, set, setText, show } from '../element.js'
import type { WatchedJob } from '../facts.js'
import { keyedList, type Row } from '../keyed-list.js'
import { type Glyph, glyph, heading, nothing, progressBar, table, timeTag } from '../parts.js'
import type { OpenRoom } from '../room.js'
import { agoText, leftText, namesOf, productsText, rateText, stateOf, stuckWords } from '../words.js'

const columns = [
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

export const openJobs: OpenRoom = () => {
  const title = heading('Jobs')
  const lead = el('p', { class: 'lead' }, 'Looking for jobs …')
  const list = table('Jobs, newest first', columns)
  set(list.element, 'class', 'sheet jobs')
  const empty = nothing(
    'No job yet. ',
    el('a', { href: '#/import' }, 'Start an import'),
    ', or let cron do it nightly.',
  )
  const rows = keyedList<Shown>(
    list.body,
    ({ watched }) => watched.job.id,
    () => jobRow(list.cell),
    () => title.focus(),
  )
  show(list.element, false)
  show(empty, false)
  const start = el('a', { class: 'button main', href: '#/import' }, 'Start an import')
  return {
    title: 'Jobs',
    body: el('section', {}, el('div', { class: 'head' }, el('div', {}, title, lead), start), list.element, empty),
    update(facts) {
      if (facts.jobs === null) return
      const nowMs = facts.nowMs()
      setText(title, titleOf(facts.jobs))
      setText(lead, leadOf(facts.jobs, nowMs))
      show(list.element, facts.jobs.length > 0)
      show(empty, facts.jobs.length === 0)
      rows.update(facts.jobs.map((watched) => ({ watched, nowMs })))
    },
  }
}

interface Shown {
  readonly watched: WatchedJob
  readonly nowMs: number
}

function jobRow(cell: ReturnType<typeof table>['cell']): Row<Shown> {
  const sign: Glyph = glyph()
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

function titleOf(jobs: readonly WatchedJob[]): string {
  const [atWork, waiting, stuck] = (['running', 'waiting', 'stuck'] as const).map(
    (wanted) => jobs.filter(({ job, stuck }) => stateOf(job, stuck !== null).mark === wanted).length,
  ) as [number, number, number]
  const parts = [
    atWork === 0 ? null : `${countOf(atWork, 'job')} at work`,
    waiting === 0 ? null : `${count(waiting)} waiting`,
    stuck === 0 ? null : `${count(stuck)} stuck`,
  ].filter((part) => part !== null)
  // Breaks fall between the parts.
  return parts.length === 0 ? 'Nothing at work' : parts.map((part) => part.replaceAll(' ', '\u00a0')).join(', ')
}

function leadOf(jobs: readonly WatchedJob[], nowMs: number): string {
  const running = jobs.filter(({ job, stuck }) => job.status === 'running' && stuck === null)
  if (running.length > 0) {
    const rate = running.reduce((sum, { perSecond }) => sum + (perSecond ?? 0), 0)
    const left = Math.max(0, ...running.map(({ secondsLeft }) => secondsLeft ?? 0))
    const parts = [
      rate === 0 ? null : `${rateText(rate).replace('/s', '')} products a second`,
      left === 0 ? null : `${leftText(left)} left`,
    ]
    return sentence(parts.filter((part) => part !== null).join(', ') || 'just begun')
  }
  const last = jobs.find(({ job }) => job.completed_at !== null)
  if (last?.job.completed_at == null) return jobs.length === 0 ? 'Jobs show up here as soon as there are any.' : ''
  const { word } = stateOf(last.job, false)
  const ago = agoText(nowMs / 1000 - last.job.completed_at)
  return `The last one, ${namesOf(last.job)}, ended ${ago} ago: ${word.toLowerCase()}.`
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
