/** How fast batches went, over the last imports: a plot for the eye, a table for everybody. */
import { count, secondsText } from '../../../../cli/figures.js'
import { get } from '../api.js'
import { type ChartPoint, chart } from '../chart.js'
import type { BatchPoint, SeriesDocument } from '../documents.js'
import { el, setText, show } from '../element.js'
import { keyedList } from '../keyed-list.js'
import { complaint, heading, nothing, table, timeTag } from '../parts.js'
import type { OpenRoom } from '../room.js'
import { clockText, rateText } from '../words.js'

/** While a job is at work there is a new batch now and then. Milliseconds. */
const askAgainMs = 10_000

export const openSpeed: OpenRoom = () => {
  const told = complaint()
  const view = speedView()
  let askedMs = Number.NEGATIVE_INFINITY
  const load = async (nowMs: number): Promise<void> => {
    try {
      const { series } = await get<SeriesDocument>('/api/series')
      told.say(null)
      view.update(
        [...series].sort((a, b) => a.ended_at - b.ended_at),
        nowMs,
      )
    } catch (error) {
      told.say(error)
    }
  }
  return {
    title: 'Speed',
    body: el('section', {}, heading('Speed'), view.lead, told.element, view.element),
    update(facts) {
      const isFirst = askedMs === Number.NEGATIVE_INFINITY
      const isAtWork = facts.jobs?.some(({ job }) => job.status === 'running') ?? false
      if (!isFirst && !(isAtWork && Date.now() - askedMs >= askAgainMs)) return
      askedMs = Date.now()
      void load(facts.nowMs())
    },
  }
}

function speedView() {
  const lead = el('p', { class: 'lead' }, 'Looking at the last batches …')
  const rate = chart({
    title: 'Products per second',
    format: shortNumber,
  })
  const duration = chart({ title: 'Duration of a batch', format: secondsText })
  const list = seriesTable()
  const empty = nothing('No batch has ended yet.')
  const all = el(
    'div',
    { hidden: true },
    rate.element,
    duration.element,
    el('details', {}, el('summary', {}, 'The same as a table'), list.element),
  )
  show(empty, false)
  return {
    lead,
    element: el('div', {}, all, empty),
    /** Oldest first. */
    update(series: readonly BatchPoint[], nowMs: number): void {
      show(all, series.length > 0)
      show(empty, series.length === 0)
      setText(lead, leadOf(series))
      rate.draw(series.map((point) => chartPoint(point, perSecondOf(point), nowMs)))
      duration.draw(series.map((point) => chartPoint(point, point.duration_ms / 1000, nowMs)))
      list.update(series, nowMs)
    },
  }
}

function chartPoint(point: BatchPoint, value: number, nowMs: number): ChartPoint {
  const when = clockText(point.ended_at * 1000, nowMs)
  const words = `Job ${point.job_id}, ${when}: ${count(point.products)} products in ${secondsText(point.duration_ms / 1000)}, ${rateText(perSecondOf(point))}`
  return { value, group: `job ${point.job_id}`, when, words }
}

/** A batch too fast for the clock counts as one millisecond. */
function perSecondOf({ products, duration_ms: tookMs }: BatchPoint): number {
  return products / (Math.max(1, tookMs) / 1000)
}

function leadOf(series: readonly BatchPoint[]): string {
  if (series.length === 0) return 'Each batch that ends adds a point.'
  const middle = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
  const rate = rateText(middle(series.map(perSecondOf)))
  const took = secondsText(middle(series.map(({ duration_ms }) => duration_ms / 1000)))
  return `A typical one of the last ${count(series.length)} batches did ${rate.replace('/s', '')} products a second and took ${took}.`
}

function shortNumber(value: number): string {
  return Number.isInteger(value) ? count(value) : value.toFixed(1)
}

function seriesTable() {
  const list = table('Finished batches, newest first', [
    { title: 'Ended' },
    { title: 'Job', isNumber: true },
    { title: 'Products', isNumber: true },
    { title: 'Took', isNumber: true },
    { title: 'Products/s', isNumber: true },
  ])
  const rows = keyedList<{ readonly key: string; readonly point: BatchPoint; readonly nowMs: number }>(
    list.body,
    ({ key }) => key,
    ({ point }) => {
      const ended = timeTag()
      const job = el('a', { href: `#/jobs/${point.job_id}` }, point.job_id)
      const texts = [
        count(point.products),
        secondsText(point.duration_ms / 1000),
        rateText(perSecondOf(point)).replace('/s', ''),
      ]
      return {
        element: el(
          'tr',
          {},
          list.cell(0, ended.element),
          list.cell(1, job),
          ...texts.map((text, index) => list.cell(index + 2, text)),
        ),
        update: ({ point: { ended_at }, nowMs }) => ended.update(ended_at, nowMs),
      }
    },
  )
  return {
    element: list.element,
    update(series: readonly BatchPoint[], nowMs: number): void {
      rows.update(
        series.map((point, index) => ({ key: `${point.job_id} ${point.ended_at} ${index}`, point, nowMs })).reverse(),
      )
    },
  }
}
