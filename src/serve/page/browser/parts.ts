/** Parts that several rooms show. */
import { timeText } from '../../../cli/figures.js'
import { explain } from './api.js'
import { type Child, el, set, setText, show, svg } from './element.js'
import { clockText, type Mark } from './words.js'

/** Can be given the focus by code. */
export function heading(text: string): HTMLHeadingElement {
  return el('h1', { tabindex: -1 }, text)
}

export interface Column {
  readonly title: string
  readonly isNumber?: boolean
  /** Left out where there is little room. */
  readonly isMinor?: boolean
  /** Left out on a phone. */
  readonly isDetail?: boolean
}

export interface Table {
  readonly element: HTMLElement
  readonly body: HTMLElement
  /** A cell for this column, with its looks. */
  cell(column: number, ...children: readonly Child[]): HTMLElement
}

/** `caption` is for those who do not see the heading above it. The first column heads its row. */
export function table(caption: string, columns: readonly Column[]): Table {
  const looks = columns.map(({ isNumber, isMinor, isDetail }) =>
    [isNumber ? 'number' : '', isMinor ? 'minor' : '', isDetail ? 'detail' : '']
      .filter((name) => name !== '')
      .join(' '),
  )
  const titles = columns.map(({ title }, index) => el('th', { scope: 'col', class: looks[index] || null }, title))
  const body = el('tbody')
  const made = el(
    'table',
    {},
    el('caption', { class: 'unseen' }, caption),
    el('thead', {}, el('tr', {}, ...titles)),
    body,
  )
  const element = el('div', { class: 'sheet' }, made)
  letKeysScroll(element, made, caption)
  return {
    element,
    body,
    cell: (column, ...children) =>
      column === 0
        ? el('th', { scope: 'row', class: looks[0] || null }, ...children)
        : el('td', { class: looks[column] || null }, ...children),
  }
}

/** What is wider than its frame can be scrolled by keys too, as long as it is. */
function letKeysScroll(frame: HTMLElement, content: HTMLElement, name: string): void {
  const look = (): void => {
    const isTooWide = content.scrollWidth > frame.clientWidth
    set(frame, 'tabindex', isTooWide ? 0 : null)
    set(frame, 'role', isTooWide ? 'region' : null)
    set(frame, 'aria-label', isTooWide ? name : null)
  }
  const observer = new ResizeObserver(look)
  observer.observe(frame)
  observer.observe(content)
}

export interface Glyph {
  readonly element: SVGElement
  update(mark: Mark, percent: number): void
}

/** Circumference of the glyph's pie, whose stroke is as wide as its radius. */
const pieLength = 2 * Math.PI * 4

/** A sign beside the word of a state: told apart by shape, not by colour alone. */
export function glyph(): Glyph {
  const pie = svg('circle', { class: 'pie', cx: 10, cy: 10, r: 4, transform: 'rotate(-90 10 10)' })
  const sign = svg('path', { class: 'sign' })
  const ring = svg('circle', { class: 'ring', cx: 10, cy: 10, r: 8.25 })
  const element = svg('svg', { class: 'glyph', viewBox: '0 0 20 20', 'aria-hidden': 'true' }, ring, pie, sign)
  return {
    element,
    update(mark, percent) {
      set(element, 'data-mark', mark)
      set(sign, 'd', signs[mark])
      set(
        pie,
        'stroke-dasharray',
        mark === 'running' ? `${(pieLength * percent) / 100} ${pieLength}` : `0 ${pieLength}`,
      )
    },
  }
}

const signs: Readonly<Record<Mark, string>> = {
  waiting: 'M10 5.500V10l3 2',
  running: '',
  stuck: 'M10 5v6M10 13.500v.6',
  done: 'M6 10.300l2.700 2.700L14 7.500',
  partly: 'M6 10.300l2.700 2.700L14 7.500',
  failed: 'M7 7l6 6M13 7l-6 6',
  stopped: 'M6.500 10h7',
}

export interface TimeTag {
  readonly element: HTMLTimeElement
  update(unixSeconds: number | null, nowMs: number): void
}

/** A time of day, with the whole of it in its title. */
export function timeTag(): TimeTag {
  const element = el('time')
  return {
    element,
    update(unixSeconds, nowMs) {
      setText(element, unixSeconds === null ? '' : clockText(unixSeconds * 1000, nowMs))
      set(element, 'title', unixSeconds === null ? null : timeText(unixSeconds * 1000))
      set(element, 'datetime', unixSeconds === null ? null : new Date(unixSeconds * 1000).toISOString())
    },
  }
}

export interface Complaint {
  readonly element: HTMLElement
  /** Null: all is well. */
  say(error: unknown): void
}

/** Where an error is told: at once, beside what caused it. */
export function complaint(): Complaint {
  const element = el('p', { class: 'complaint', role: 'alert', hidden: true })
  return {
    element,
    say(error) {
      show(element, error !== null)
      setText(element, error === null ? '' : explain(error))
    },
  }
}

export interface ActionLabels {
  readonly label: string
  /** While it is at work. */
  readonly busy: string
  /** What it acts on, for those who hear the button alone. */
  readonly on?: string
  readonly isMain?: boolean
}

/**
 * A button that asks the server for something. It keeps the focus while it is busy, and takes no second press.
 * What goes wrong is told by `complaint`.
 */
export function actionButton(labels: ActionLabels, told: Complaint, act: () => Promise<void>): HTMLButtonElement {
  const { button, press } = pressable('button', labels, told, act)
  button.addEventListener('click', () => void press())
  return button
}

/** As `actionButton`, for the form that it is in: Enter in a field presses it too. */
export function submitButton(
  form: HTMLFormElement,
  labels: ActionLabels,
  told: Complaint,
  act: () => Promise<void>,
): HTMLButtonElement {
  const { button, press } = pressable('submit', labels, told, act)
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    void press()
  })
  return button
}

function pressable(type: string, labels: ActionLabels, told: Complaint, act: () => Promise<void>) {
  const words = el('span', {}, labels.label)
  const on = labels.on === undefined ? null : el('span', { class: 'unseen' }, ` ${labels.on}`)
  const button = el('button', { type, class: labels.isMain ? 'main' : null }, words, on)
  const press = async (): Promise<void> => {
    if (button.getAttribute('aria-disabled') === 'true') return
    set(button, 'aria-disabled', 'true')
    setText(words, labels.busy)
    told.say(null)
    try {
      await act()
    } catch (error) {
      told.say(error)
    } finally {
      set(button, 'aria-disabled', null)
      setText(words, labels.label)
    }
  }
  return { button, press }
}

/** Milliseconds within which news of what was asked for are there. */
const settleMs = 10_000

/** For buttons whose work is done elsewhere: they stay busy until news of it may be expected. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, settleMs))
}

/** What stands where there is nothing to show. */
export function nothing(...children: readonly Child[]): HTMLElement {
  return el('p', { class: 'nothing' }, ...children)
}

export function progressBar(label: string): HTMLProgressElement {
  return el('progress', { max: 100, value: 0, 'aria-label': label })
}
