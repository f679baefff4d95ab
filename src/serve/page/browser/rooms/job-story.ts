/** What went wrong in a job, what its process said, and what became of it. */
import { count, countOf } from '../../../../cli/figures.js'
import { getText } from '../api.js'
import type { JobEvent, JobFields } from '../documents.js'
import { el, setText, show } from '../element.js'
import { keyedList } from '../keyed-list.js'
import { actionButton, complaint, timeTag } from '../parts.js'

export function troublePart(id: number) {
  const list = el('ul', { class: 'errors' })
  const rows = keyedList<{ readonly key: number; readonly text: string }>(
    list,
    ({ key }) => key,
    () => {
      const element = el('li')
      return { element, update: ({ text }) => setText(element, text) }
    },
  )
  const none = el('p', { class: 'faint' }, 'None.')
  const more = el('p', { class: 'faint' })
  const rejects = el(
    'a',
    { class: 'button', href: `/api/jobs/${id}/rejects`, download: `rejects-${id}.csv` },
    'Download the rejects (CSV)',
  )
  return {
    element: el('section', {}, el('h2', {}, 'Errors'), none, list, more, el('p', { class: 'actions' }, rejects)),
    update({ error_messages: messages, total_errors: total }: JobFields, hasRejects: boolean): void {
      rows.update(messages.map((text, key) => ({ key, text })))
      show(none, messages.length === 0 && total === 0)
      show(list, messages.length > 0)
      setText(more, restText(total, messages.length))
      show(rejects, hasRejects)
    },
  }
}

/** Products that are rejects are counted as errors; messages are about all else. */
function restText(total: number, told: number): string {
  if (total <= told) return ''
  return told === 0 ? `${countOf(total, 'error')}: the rejects say which.` : `and ${count(total - told)} more`
}

/** Characters of the log that are shown: its end says what happened last. */
const logMax = 200_000

export function logPart(id: number) {
  const told = complaint()
  const text = el('pre', { tabindex: 0, role: 'region', 'aria-label': `Log of job ${id}`, hidden: true })
  const load = actionButton({ label: 'Show the log', busy: 'Loading …', on: `of job ${id}` }, told, async () => {
    const log = await getText(`/api/jobs/${id}/log`)
    setText(text, log.length === 0 ? 'It is empty.' : log.slice(-logMax))
    show(text, true)
    text.scrollTop = text.scrollHeight
  })
  const none = el('p', { class: 'faint' }, 'None: only jobs in the background have one.')
  return {
    element: el('section', {}, el('h2', {}, 'Log'), none, el('p', { class: 'actions' }, load), told.element, text),
    update(hasLog: boolean): void {
      show(none, !hasLog)
      show(load, hasLog)
    },
  }
}

export function historyPart() {
  const list = el('ol', { class: 'history' })
  const rows = keyedList<{ readonly key: number; readonly event: JobEvent; readonly nowMs: number }>(
    list,
    ({ key }) => key,
    () => {
      const time = timeTag()
      const words = el('span')
      return {
        element: el('li', {}, time.element, ' ', words),
        update({ event, nowMs }) {
          time.update(event.at, nowMs)
          setText(words, event.message)
        },
      }
    },
  )
  return {
    element: el('section', {}, el('h2', {}, 'History'), list),
    update(events: readonly JobEvent[], nowMs: number): void {
      rows.update(events.map((event, key) => ({ key, event, nowMs })))
    },
  }
}
