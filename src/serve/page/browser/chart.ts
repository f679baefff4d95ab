/**
 * Points over their order, drawn by hand: one point a batch, oldest left, jobs told apart by lines and dates.
 * A picture for the eye; whoever cannot see it has the same in a table beside it.
 */
import { el, setText, svg } from './element.js'

export interface ChartPoint {
  readonly value: number
  /** Points in a row with the same group belong together. */
  readonly group: string
  /** Time of day, or date. */
  readonly when: string
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
const margin = { top: 12, right: 12, bottom: 26, left: 52 }
/** Groups narrower than this get no name below them, or only their own without a time. */
const nameWidth = 64
const longNameWidth = 170
/** Points closer than this are not joined: lines would fill the plot. */
const joinedStep = 3.5

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
  const found = groupsOf(points)
  const widthOf = ({ first, last }: Group) => (last - first + 1) * step
  const nameOf = (group: Group) => (widthOf(group) < longNameWidth ? group.name : `${group.name}, ${group.when}`)
  const groups = found.flatMap((group) => {
    const { first, last } = group
    const from = margin.left + first * step
    const path = points.slice(first, last + 1).map(({ value }, index) => `L${x(first + index)} ${y(value)}`)
    const border = { class: 'border', x1: from, x2: from, y1: margin.top, y2: height - margin.bottom }
    return [
      first === 0 ? null : svg('line', border),
      step < joinedStep ? null : svg('path', { class: 'curve', d: path.join('').replace(/^L/, 'M') }),
      widthOf(group) < nameWidth ? null : svg('text', { x: from + 4, y: height - 8 }, nameOf(group)),
    ]
  })
  const radius = step > 8 ? 3 : step < joinedStep ? 1.5 : 2
  const dots = points.map(({ value }, index) => svg('circle', { class: 'dot', cx: x(index), cy: y(value), r: radius }))
  const ends = found.some((group) => widthOf(group) >= nameWidth) ? [] : endNames(found, width)
  return [...lines, ...groups.filter((shape) => shape !== null), ...ends, ...dots]
}

interface Group {
  readonly name: string
  readonly when: string
  readonly first: number
  readonly last: number
}

/** Where no group has room for its name: which is the first, and which the last. */
function endNames(groups: readonly Group[], width: number): SVGElement[] {
  const place = { y: height - 8 }
  return [
    svg('text', { ...place, x: margin.left }, groups[0]?.name ?? ''),
    svg('text', { ...place, x: width - margin.right, 'text-anchor': 'end' }, groups.at(-1)?.name ?? ''),
  ]
}

function groupsOf(points: readonly ChartPoint[]): readonly Group[] {
  const firsts = points.flatMap(({ group }, index) => (points[index - 1]?.group === group ? [] : [index]))
  return firsts.map((first, index) => ({
    name: points[first]?.group ?? '',
    when: points[first]?.when ?? '',
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
