/** The room everybody sees first: what is at work, and how the last imports went. */
import { count, countOf } from '../../../../cli/figures.js'
import { get } from '../api.js'
import type { JobFields, JobsDocument } from '../documents.js'
import { el, set, setText, show } from '../element.js'
import { averageRate, type Facts, type WatchedJob } from '../facts.js'
import { keyedList } from '../keyed-list.js'
import { actionButton, complaint, heading, nothing, table } from '../parts.js'
import type { OpenRoom } from '../room.js'
import { agoText, leftText, type Mark, namesOf, rateText, stateOf } from '../words.js'
import { jobColumns, jobRow, type ShownJob } from './job-row.js'

/** What may be looked for, by the marks that it takes in. */
const choices: Readonly<Record<string, readonly Mark[]>> = {
  'All jobs': ['waiting', 'running', 'stuck', 'done', 'partly', 'failed', 'stopped'],
  'Not ended yet': ['waiting', 'running', 'stuck'],
  'Ended well': ['done'],
  'Ended badly': ['partly', 'failed', 'stopped'],
}

/** As many as the server gives at once. */
const olderMax = 1000

export const openJobs: OpenRoom = (_argument, { facts: latest }) => {
  const title = heading('Jobs')
  const lead = el('p', { class: 'lead' }, 'Looking for jobs …')
  const list = jobList(title)
  const choice = el('select', { id: 'which' }, ...Object.keys(choices).map((name) => el('option', {}, name)))
  const told = complaint()
  let older: readonly JobFields[] = []
  const more = actionButton({ label: 'Older jobs', busy: 'Looking …' }, told, async () => {
    older = (await get<JobsDocument>(`/api/jobs?limit=${olderMax}`)).jobs
    redraw(latest)
    show(more, false)
    title.focus()
  })
  const redraw = (facts: Facts): void => {
    if (facts.jobs === null) return
    const nowMs = facts.nowMs()
    setText(title, titleOf(facts.jobs))
    setText(lead, leadOf(facts.jobs, nowMs))
    list.update(withOlder(facts.jobs, older), choices[choice.value] ?? [], nowMs)
    show(more, older.length === 0 && facts.jobs.length >= newsMax)
  }
  choice.addEventListener('change', () => redraw(latest))
  const start = el('a', { class: 'button main', href: '#/import' }, 'Start an import')
  const which = el('p', { class: 'which' }, el('label', { for: 'which' }, 'Show'), choice)
  show(more, false)
  return {
    title: 'Jobs',
    body: el(
      'section',
      {},
      el('div', { class: 'head' }, el('div', {}, title, lead), el('div', { class: 'actions' }, which, start)),
      list.element,
      told.element,
      el('p', { class: 'actions more' }, more),
    ),
    update: redraw,
  }
}

/** Jobs that the stream of news tells of; whoever has more asks for them. */
const newsMax = 50

function withOlder(jobs: readonly WatchedJob[], older: readonly JobFields[]): readonly WatchedJob[] {
  const oldest = jobs.at(-1)?.job.id ?? Number.POSITIVE_INFINITY
  const others = older.filter(({ id }) => id < oldest)
  const asWatched = (job: JobFields) => ({
    job,
    message: '',
    stuck: null,
    perSecond: averageRate(job),
    secondsLeft: null,
  })
  return [...jobs, ...others.map(asWatched)]
}

function jobList(title: HTMLElement) {
  const list = table('Jobs, newest first', jobColumns)
  set(list.element, 'class', 'sheet jobs')
  const empty = nothing(
    'No job yet. ',
    el('a', { href: '#/import' }, 'Start an import'),
    ', or let cron do it nightly.',
  )
  const none = nothing('No job is like that.')
  const rows = keyedList<ShownJob>(
    list.body,
    ({ watched }) => watched.job.id,
    () => jobRow(list.cell),
    () => title.focus(),
  )
  for (const part of [list.element, empty, none]) show(part, false)
  return {
    element: el('div', {}, list.element, empty, none),
    update(jobs: readonly WatchedJob[], marks: readonly Mark[], nowMs: number): void {
      const shown = jobs.filter(({ job, stuck }) => marks.includes(stateOf(job, stuck !== null).mark))
      show(list.element, shown.length > 0)
      show(empty, jobs.length === 0)
      show(none, jobs.length > 0 && shown.length === 0)
      rows.update(shown.map((watched) => ({ watched, nowMs })))
    },
  }
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
