/** Jobs that nobody works on any more: what was seen of each, and the way out. */
import { post } from '../api.js'
import type { StuckFields } from '../documents.js'
import { el, set, setText, show } from '../element.js'
import type { WatchedJob } from '../facts.js'
import { keyedList, type Row } from '../keyed-list.js'
import { actionButton, complaint, glyph, heading, nothing, settled } from '../parts.js'
import type { OpenRoom, RoomPorts } from '../room.js'
import { agoText, namesOf, stuckWords } from '../words.js'

export const openStuck: OpenRoom = (_argument, ports) => {
  const title = heading('Stuck jobs')
  const list = el('ul', { class: 'cards' })
  const empty = nothing('No job is stuck: each one is at work, waits for its turn, or has ended.')
  const rows = keyedList<Shown>(
    list,
    ({ stuck }) => stuck.job_id,
    ({ stuck }) => stuckCard(stuck, ports),
    () => title.focus(),
  )
  show(empty, false)
  return {
    title: 'Stuck jobs',
    body: el(
      'section',
      {},
      title,
      el('p', { class: 'lead' }, 'Recovery goes on behind the last finished batch. Nothing is written twice.'),
      list,
      empty,
    ),
    update(facts) {
      if (facts.jobs === null) return
      const { jobs, stuck } = facts
      show(empty, stuck.length === 0)
      show(list, stuck.length > 0)
      rows.update(
        stuck.map((found) => ({
          stuck: found,
          watched: jobs.find(({ job }) => job.id === found.job_id) ?? null,
          nowMs: facts.nowMs(),
        })),
      )
    },
  }
}

interface Shown {
  readonly stuck: StuckFields
  /** Null when it is older than the list of jobs. */
  readonly watched: WatchedJob | null
  readonly nowMs: number
}

function stuckCard({ job_id: id }: StuckFields, { announce }: RoomPorts): Row<Shown> {
  const told = complaint()
  const recover = actionButton(
    { label: 'Recover', busy: 'Recovering …', on: `job ${id}`, isMain: true },
    told,
    async () => {
      await post(`/api/jobs/${id}/recover`)
      announce(`Job ${id} is being recovered`)
      await settled()
    },
  )
  const sign = glyph()
  sign.update('stuck', 0)
  const name = el('span', { class: 'name' })
  const why = el('p')
  const evidence = el('dd')
  const since = el('dd')
  const done = el('dd')
  const element = el(
    'li',
    { class: 'card', 'data-mark': 'stuck' },
    el('h2', {}, sign.element, el('a', { href: `#/jobs/${id}` }, el('span', { class: 'id' }, `Job ${id} `), name)),
    why,
    el(
      'dl',
      { class: 'pairs' },
      el('dt', {}, 'Seen'),
      evidence,
      el('dt', {}, 'Started'),
      since,
      el('dt', {}, 'Done so far'),
      done,
    ),
    told.element,
    el('p', { class: 'actions' }, recover),
  )
  return {
    element,
    update({ stuck, watched, nowMs }) {
      setText(name, watched === null ? '' : namesOf(watched.job))
      setText(why, stuckWords(stuck.reason))
      setText(evidence, stuck.evidence ?? watched?.job.evidence ?? 'nothing more')
      const startedAt = watched?.job.started_at ?? null
      setText(since, startedAt === null ? 'never' : `${agoText(nowMs / 1000 - startedAt)} ago`)
      setText(done, watched === null ? '' : doneText(watched))
      set(element, 'data-id', id)
    },
  }
}

function doneText({ job }: WatchedJob): string {
  return job.total_processed === 0 ? 'nothing yet' : `${job.total_processed} products in ${job.batches} batches`
}
