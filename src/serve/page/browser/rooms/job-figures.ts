/** What a job has done so far, in figures, and what it was asked to do. */
import { count } from '../../../../cli/figures.js'
import type { JobFields } from '../documents.js'
import { el, set, setText } from '../element.js'

/** A figure that is bad news when it is not zero. */
type Figure = readonly [label: string, number: number, isBad?: boolean]

export function figuresPart() {
  const products = figures('Products')
  const images = figures('Images')
  const asked = el('p', { class: 'asked' })
  return {
    element: el('div', { class: 'figures' }, products.element, images.element, asked),
    update(job: JobFields): void {
      products.update([
        ['new', job.total_created],
        ['changed', job.total_updated],
        ['unchanged', job.total_unchanged],
        ['skipped', job.total_skipped],
        ['errors', job.total_errors, true],
      ])
      const { wanted, downloaded, attached, duplicates_skipped: spared, failed } = job.images
      images.update([
        ['wanted', wanted],
        ['downloaded', downloaded],
        ['attached', attached],
        ['already there', spared],
        ['failed', failed, true],
      ])
      setText(asked, askedText(job))
    },
  }
}

function figures(title: string) {
  const list = el('dl')
  const numbers: HTMLElement[] = []
  return {
    element: el('section', { class: 'group' }, el('h2', {}, title), list),
    update(values: readonly Figure[]): void {
      values.forEach(([label, number, isBad], index) => {
        let shown = numbers[index]
        if (shown === undefined) {
          shown = el('dd')
          numbers.push(shown)
          list.append(el('div', {}, el('dt', {}, label), shown))
        }
        setText(shown, count(number))
        set(shown, 'class', number === 0 ? 'zero' : isBad ? 'bad' : null)
      })
    },
  }
}

function askedText({ configuration: asked, source, attempt, wholesalers }: JobFields): string {
  const batches = asked.total_batches === null ? 'all that is pending' : `at most ${batchesText(asked.total_batches)}`
  return [
    `Asked for: ${batches}, ${asked.products_per_batch} products each`,
    asked.process_images ? 'with images' : 'without images',
    asked.update_existing ? 'updating what is there' : 'leaving what is there alone',
    source === null || wholesalers.includes(source) ? null : `from ${source}`,
    attempt > 1 ? `started ${attempt} times` : null,
  ]
    .filter((part) => part !== null)
    .join(', ')
}

export function batchesText(number: number): string {
  return `${count(number)} ${number === 1 ? 'batch' : 'batches'}`
}
