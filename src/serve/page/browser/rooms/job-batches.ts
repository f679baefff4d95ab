/** The batches of a job: what each did and how long it took, beside the slowest. */
import { count, secondsText } from '../../../../cli/figures.js'
import type { BatchFields } from '../documents.js'
import { el, set, setText, show } from '../element.js'
import { keyedList, type Row } from '../keyed-list.js'
import { table } from '../parts.js'
import { batchesText } from './job-figures.js'

const columns = [
  { title: 'Batch' },
  { title: 'Wholesaler', isDetail: true },
  { title: 'State' },
  { title: 'Products', isNumber: true },
  { title: 'New', isNumber: true, isDetail: true },
  { title: 'Changed', isNumber: true, isDetail: true },
  { title: 'Unchanged', isNumber: true, isMinor: true },
  { title: 'Skipped', isNumber: true, isMinor: true },
  { title: 'Errors', isNumber: true },
  { title: 'Took', isNumber: true },
]

/** Batches shown at first: the last ones say how it goes. */
const shownFirst = 10
/** A browser gets slow at some thousand rows. */
const shownMax = 500

export function batchesPart() {
  const list = table('Batches, newest first', columns)
  const rows = keyedList<Shown>(
    list.body,
    ({ batch }) => batch.batch,
    () => batchRow(list.cell),
  )
  const size = el('small')
  const empty = el('p', { class: 'faint' }, 'None.')
  const more = el('button', { type: 'button', 'aria-expanded': 'false' }, 'Show all')
  let known: readonly BatchFields[] = []
  let shownNow = shownFirst

  const redraw = (): void => {
    const newestFirst = [...known].sort((a, b) => b.batch - a.batch)
    const slowestMs = Math.max(1, ...known.map(({ duration_ms }) => duration_ms ?? 0))
    rows.update(newestFirst.slice(0, shownNow).map((batch) => ({ batch, slowestMs })))
  }
  more.addEventListener('click', () => {
    const isOpen = shownNow === shownFirst
    shownNow = isOpen ? shownMax : shownFirst
    set(more, 'aria-expanded', String(isOpen))
    setText(more, isOpen ? 'Show the last ones' : 'Show all')
    redraw()
  })
  return {
    element: el(
      'section',
      {},
      el('h2', {}, 'Batches ', size),
      empty,
      list.element,
      el('p', { class: 'actions' }, more),
    ),
    update(batches: readonly BatchFields[]): void {
      known = batches
      redraw()
      show(empty, batches.length === 0)
      show(list.element, batches.length > 0)
      show(more, batches.length > shownFirst)
      setText(size, sizeText(batches.length))
    },
  }
}

function sizeText(number: number): string {
  if (number > shownMax) return `the last ${shownMax} of ${count(number)} can be shown`
  return number > shownFirst ? `${batchesText(number)}, the last ones first` : ''
}

interface Shown {
  readonly batch: BatchFields
  readonly slowestMs: number
}

function batchRow(cell: ReturnType<typeof table>['cell']): Row<Shown> {
  const texts = columns.map(() => el('span'))
  const took = columns.length - 1
  const meter = el('meter', { min: 0, max: 1, 'aria-hidden': 'true' })
  const element = el('tr', {}, ...texts.map((text, index) => cell(index, index === took ? meter : null, text)))
  return {
    element,
    update({ batch, slowestMs }) {
      const { duration_ms: tookMs } = batch
      const values = [
        String(batch.batch),
        batch.wholesaler,
        stateWords[batch.state] ?? batch.state,
        ...[batch.processed, batch.created, batch.updated, batch.unchanged, batch.skipped, batch.errors].map(count),
        tookMs === null ? '' : secondsText(tookMs / 1000),
      ]
      values.forEach((value, index) => {
        const text = texts[index]
        if (text === undefined) return
        setText(text, value)
        set(text, 'class', value === '0' ? 'zero' : index === took - 1 ? 'bad' : null)
      })
      show(meter, tookMs !== null)
      set(meter, 'value', (tookMs ?? 0) / slowestMs)
    },
  }
}

const stateWords: Readonly<Record<string, string>> = {
  running: 'at work',
  finished: 'done',
  released: 'given back',
  halved: 'halved',
}
