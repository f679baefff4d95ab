/** One job: how far it is, what it did, what went wrong, and what can be done about it. */
import { secondsText } from '../../../../cli/figures.js'
import { get, post } from '../api.js'
import type { JobDetails } from '../documents.js'
import { el, set, setText, show } from '../element.js'
import { averageRate, type Facts, type WatchedJob } from '../facts.js'
import { actionButton, complaint, glyph, heading, progressBar, settled } from '../parts.js'
import type { OpenRoom, Room, RoomPorts } from '../room.js'
import { agoText, leftText, namesOf, productsText, rateText, stateOf, stuckWords } from '../words.js'
import { batchesPart } from './job-batches.js'
import { figuresPart } from './job-figures.js'
import { historyPart, logPart, troublePart } from './job-story.js'

/** A job that changes all the time is asked for in full no more often than this. Milliseconds. */
const askAgainMs = 2000

export const openJob: OpenRoom = (argument, ports) => {
  const id = Number(argument)
  if (!Number.isSafeInteger(id) || id < 1) return noSuchJob(argument)

  const view = jobView(id, ports)
  let isLeft = false
  let isAsking = false
  let askedMs = Number.NEGATIVE_INFINITY
  /** What the list said when the job was last asked for: another word of it means that there is more to know. */
  let askedAbout = ''
  let watched: WatchedJob | null = null

  const ask = async (): Promise<void> => {
    isAsking = true
    askedMs = Date.now()
    askedAbout = JSON.stringify(watched?.job ?? null)
    try {
      const details = await get<JobDetails>(`/api/jobs/${id}`)
      if (!isLeft) view.showDetails(details, ports.facts)
      view.told.say(null)
    } catch (error) {
      view.told.say(error)
    } finally {
      isAsking = false
    }
  }
  return {
    title: `Job ${id}`,
    body: view.body,
    update(facts) {
      watched = facts.jobs?.find(({ job }) => job.id === id) ?? null
      view.update(watched, facts)
      const isNews = JSON.stringify(watched?.job ?? null) !== askedAbout
      if (!isAsking && isNews && Date.now() - askedMs >= askAgainMs) void ask()
    },
    leave() {
      isLeft = true
    },
  }
}

function noSuchJob(name: string): Room {
  const body = el(
    'section',
    {},
    heading('No such job'),
    el('p', {}, `There is no job "${name}". `, el('a', { href: '#/' }, 'All jobs')),
  )
  return { title: 'No such job', body }
}

interface JobView {
  readonly body: HTMLElement
  readonly told: ReturnType<typeof complaint>
  update(watched: WatchedJob | null, facts: Facts): void
  showDetails(details: JobDetails, facts: Facts): void
}

function jobView(id: number, ports: RoomPorts): JobView {
  const told = complaint()
  const title = heading(`Job ${id}`)
  const top = jobTop(id)
  const actions = jobActions(id, ports, told, title)
  const figures = figuresPart()
  const batches = batchesPart()
  const trouble = troublePart(id)
  const history = historyPart()
  const log = logPart(id)
  const parts = [figures.element, trouble.element, batches.element, log.element, history.element]
  for (const part of parts) show(part, false)
  const showJob = (shown: WatchedJob, facts: Facts): void => {
    setText(title, `Job ${id}: ${namesOf(shown.job)}`)
    top.update(shown, facts.nowMs())
    actions.update(shown)
    figures.update(shown.job)
    show(figures.element, true)
  }
  return {
    body: el(
      'section',
      { class: 'job' },
      el('div', { class: 'head' }, title, actions.element),
      told.element,
      top.element,
      ...parts,
    ),
    told,
    update(watched, facts) {
      if (watched !== null) showJob(watched, facts)
    },
    showDetails(details, facts) {
      const { job } = details
      if (job === null) return
      for (const part of parts) show(part, true)
      const isListed = facts.jobs?.some(({ job: { id: listed } }) => listed === id) ?? false
      const stuck = facts.stuck.find(({ job_id }) => job_id === id) ?? null
      if (!isListed)
        showJob({ job, message: details.message, stuck, perSecond: averageRate(job), secondsLeft: null }, facts)
      batches.update(details.batches)
      trouble.update(job, details.has_rejects)
      log.update(details.has_log)
      history.update(details.events, facts.nowMs())
    },
  }
}

/** State, progress and the one line that says how it goes. */
function jobTop(id: number) {
  const sign = glyph()
  const word = el('strong')
  const code = el('code')
  const how = el('p', { class: 'how' })
  const why = el('p', { class: 'why' })
  const bar = progressBar(`Progress of job ${id}`)
  const element = el(
    'div',
    { class: 'top', hidden: true },
    el('p', { class: 'state' }, sign.element, word, ' ', code),
    bar,
    how,
    why,
  )
  return {
    element,
    update(watched: WatchedJob, nowMs: number): void {
      const { job, stuck, message } = watched
      const { mark, word: stateWord } = stateOf(job, stuck !== null)
      show(element, true)
      set(element, 'data-mark', mark)
      sign.update(mark, job.progress)
      setText(word, mark === 'running' ? `${stateWord}, ${job.progress} %` : stateWord)
      setText(code, job.status)
      show(bar, job.status === 'running' || job.progress > 0)
      bar.value = job.progress
      setText(how, howOf(watched, nowMs))
      setText(
        why,
        stuck === null
          ? messageFor(job.status, message)
          : `${stuckWords(stuck.reason)} Seen: ${stuck.evidence ?? 'nothing more'}.`,
      )
    },
  }
}

/** The server's own sentence, where it says more than the word of the state. */
function messageFor(status: string, message: string): string {
  return status !== 'running' && message.includes(' ') ? message : ''
}

function howOf({ job, perSecond, secondsLeft, stuck }: WatchedJob, nowMs: number): string {
  const isAtWork = job.status === 'running' && stuck === null
  const took =
    job.duration === null ? null : `${stuck === null ? 'took' : 'was at work for'} ${secondsText(job.duration)}`
  const runs = job.started_at === null ? null : `runs for ${agoText(nowMs / 1000 - job.started_at)}`
  const products = productsText(job)
  return [
    /\d/.test(products) ? `${products} products` : products === '–' ? null : products,
    perSecond === null ? null : rateText(perSecond),
    isAtWork ? runs : took,
    secondsLeft === null ? null : `${leftText(secondsLeft)} left`,
  ]
    .filter((part) => part !== null)
    .join(' · ')
}

function jobActions(id: number, { announce, go }: RoomPorts, told: ReturnType<typeof complaint>, title: HTMLElement) {
  const on = `job ${id}`
  const recover = actionButton({ label: 'Recover', busy: 'Recovering …', on, isMain: true }, told, async () => {
    await post(`/api/jobs/${id}/recover`)
    announce(`Job ${id} is being recovered`)
    await settled()
  })
  const cancel = actionButton({ label: 'Cancel', busy: 'Cancelling …', on }, told, async () => {
    const { message } = await post<{ message?: string }>(`/api/jobs/${id}/cancel`)
    announce(message ?? `Job ${id} is asked to stop`)
  })
  const retry = actionButton({ label: 'Run again', busy: 'Starting …', on }, told, async () => {
    const { message, job } = await post<{ message?: string; job?: { id: number } }>(`/api/jobs/${id}/retry`)
    announce(message ?? `Job ${id} runs again`)
    if (job !== undefined && job.id !== id) go(`#/jobs/${job.id}`)
  })
  const element = el('p', { class: 'actions' }, recover, cancel, retry)
  const showButton = (button: HTMLElement, isShown: boolean): void => {
    // A button that goes away under the hand hands the focus to the heading.
    if (!isShown && button === document.activeElement) title.focus()
    show(button, isShown)
  }
  return {
    element,
    update({ job, stuck }: WatchedJob): void {
      const isEnded = job.status === 'completed' || job.status === 'failed'
      showButton(recover, stuck !== null || job.status === 'processing_stuck')
      showButton(cancel, !isEnded && !job.cancel_requested)
      showButton(retry, isEnded && job.kind === 'import')
    },
  }
}
