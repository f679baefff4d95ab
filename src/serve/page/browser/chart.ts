/**
 * Points over their order, drawn by hand: one point a batch, oldest left, jobs told apart by lines and dates.
 * A picture for the eye; whoever cannot see it has the same in a table beside it.
 */
import { el, setText, svg } from './element.js'

export interface ChartPoint {
  readonly value: number
  /** Points in a row with the same group belong together. */
  readonly group: string
  /** What the point is, in words, with its value. */
  readonly words: string
}

export interface Chart {
  readonly element: HTMLElement
  draw(points: readonly ChartPoint[]): void
}

export interface ChartLook {
  readonly title: string
  readonly format: (value: number) => string
}

/** Pixels. */
const height = 220
const margin = { top: 12, right: 12, bottom: 26, left: 58 }
/** Groups narrower than this get no name below them. */
const nameWidth = 64

export function chart({ title, format }: ChartLook): Chart {
  const picture = svg('svg', {
    class: 'plot',
    role: 'img',
    'aria-label': `${title}, batch by batch; the table below has the numbers`,
    height,
  })
  const reading = el('p', { class: 'reading', 'aria-hidden': 'true' })
  const frame = el('div', { class: 'chart' }, picture)
  const element = el(
    'section',
    { class: 'plotted' },
    el('div', { class: 'plot-head' }, el('h2', {}, title), reading),
    frame,
  )
  let points: readonly ChartPoint[] = []
  let width = 0

  const redraw = (): void => {
    if (width > 0) picture.replaceChildren(...drawing(points, width, format))
    picture.setAttribute('viewBox', `0 0 ${Math.max(1, width)} ${height}`)
  }
  new ResizeObserver(([entry]) => {
    const measured = Math.round(entry?.contentRect.width ?? 0)
    if (measured === width) return
    width = measured
    redraw()
  }).observe(frame)
  picture.addEventListener('pointermove', ({ offsetX }) => {
    const step = stepOf(points, width)
    const nearest = points[Math.max(0, Math.min(points.length - 1, Math.round((offsetX - margin.left) / step - 0.5)))]
    setText(reading, nearest?.words ?? '')
  })
  picture.addEventListener('pointerleave', () => setText(reading, ''))
  return {
    element,
    draw(drawn) {
      points = drawn
      redraw()
    },
  }
}

function stepOf(points: readonly ChartPoint[], width: number): number {
  return (width - margin.left - margin.right) / Math.max(1, points.length)
}

function drawing(points: readonly ChartPoint[], width: number, format: ChartLook['format']): SVGElement[] {
  const ticks = ticksTo(Math.max(0, ...points.map(({ value }) => value)))
  const most = ticks.at(-1) ?? 1
  const step = stepOf(points, width)
  const x = (index: number) => margin.left + (index + 0.5) * step
  const y = (value: number) => height - margin.bottom - (value / most) * (height - margin.top - margin.bottom)
  const lines = ticks.flatMap((value) => [
    svg('line', { class: 'rule', x1: margin.left, x2: width - margin.right, y1: y(value), y2: y(value) }),
    svg('text', { x: margin.left - 8, y: y(value) + 4, 'text-anchor': 'end' }, value === 0 ? '0' : format(value)),
  ])
  const groups = groupsOf(points).flatMap(({ name, first, last }) => {
    const path = points
      .slice(first, last + 1)
      .map(({ value }, index) => `${index === 0 ? 'M' : 'L'}${x(first + index)} ${y(value)}`)
    const isWide = (last - first + 1) * step >= nameWidth
    const from = margin.left + first * step
    return [
      ...(first === 0
        ? []
        : [svg('line', { class: 'border', x1: from, x2: from, y1: margin.top, y2: height - margin.bottom })]),
      svg('path', { class: 'curve', d: path.join('') }),
      ...(isWide ? [svg('text', { x: from + 4, y: height - 8 }, name)] : []),
    ]
  })
  const radius = step > 8 ? 3 : 2
  const dots = points.map(({ value }, index) => svg('circle', { class: 'dot', cx: x(index), cy: y(value), r: radius }))
  return [...lines, ...groups, ...dots]
}

interface Group {
  readonly name: string
  readonly first: number
  readonly last: number
}

function groupsOf(points: readonly ChartPoint[]): readonly Group[] {
  const firsts = points.flatMap(({ group }, index) => (points[index - 1]?.group === group ? [] : [index]))
  return firsts.map((first, index) => ({
    name: points[first]?.group ?? '',
    first,
    last: (firsts[index + 1] ?? points.length) - 1,
  }))
}

/** Round numbers from 0 to just above `most`: three or four of them. */
export function ticksTo(most: number): readonly number[] {
  if (most <= 0) return [0, 1]
  const rough = most / 3
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough) ?? rough
  return Array.from({ length: Math.ceil(most / step) + 1 }, (_, index) => index * step)
}
