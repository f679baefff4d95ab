/** Images that the shop has twice: how many, the first of them, and the way to the whole sheet. */
import { bytes, countOf } from '../../../../cli/figures.js'
import { get, longTimeoutMs } from '../api.js'
import type { AuditedImage, DuplicateGroup, DuplicatesDocument } from '../documents.js'
import { el, setText } from '../element.js'
import { complaint, heading } from '../parts.js'
import { picture } from '../picture.js'
import type { OpenRoom } from '../room.js'

/** Groups of each kind shown here; the sheet has more. */
const shownMax = 12

export const openDuplicates: OpenRoom = () => {
  const told = complaint()
  const lead = el('p', { class: 'lead' }, 'Looking at all images …')
  const found = el('div')
  let isLeft = false
  const load = async (): Promise<void> => {
    try {
      const document = await get<DuplicatesDocument>('/api/duplicates', longTimeoutMs)
      if (isLeft) return
      setText(lead, `${countOf(document.images, 'image')} in ${countOf(document.products, 'product')}.`)
      found.replaceChildren(
        groupsPart(
          'Exact duplicates',
          'The same bytes under more than one image: merging them changes nothing that anybody sees.',
          document.exact,
        ),
        groupsPart(
          'Near duplicates',
          'The same picture to the eye, often in another size, sometimes another product: look before you merge.',
          document.near,
        ),
      )
    } catch (error) {
      setText(lead, '')
      told.say(error)
    }
  }
  void load()
  return {
    title: 'Duplicates',
    body: el(
      'section',
      {},
      el(
        'div',
        { class: 'head' },
        el('div', {}, heading('Duplicate images'), lead),
        el('a', { class: 'button main', href: '/duplicates' }, 'Open the contact sheet'),
      ),
      told.element,
      found,
    ),
    leave() {
      isLeft = true
    },
  }
}

function groupsPart(title: string, why: string, groups: readonly DuplicateGroup[]): HTMLElement {
  const rest = groups.length - shownMax
  return el(
    'section',
    {},
    el('h2', {}, title, ' ', el('small', {}, groups.length === 0 ? 'none' : countOf(groups.length, 'group'))),
    groups.length === 0 ? null : el('p', { class: 'faint' }, why),
    el('ul', { class: 'groups' }, ...groups.slice(0, shownMax).map(groupCard)),
    rest > 0 ? el('p', { class: 'faint' }, `${countOf(rest, 'more group')} on the contact sheet.`) : null,
  )
}

function groupCard({ images, distance }: DuplicateGroup): HTMLElement {
  const saved = images.slice(1).reduce((sum, { bytes: size }) => sum + (size ?? 0), 0)
  const apart = distance === 0 ? '' : `, ${countOf(distance, 'bit')} apart`
  return el(
    'li',
    { class: 'card' },
    el('p', {}, el('b', {}, countOf(images.length, 'image')), `${apart}, ${bytes(saved)} to save`),
    el(
      'ul',
      { class: 'pictures small' },
      ...images.map((image, index) => el('li', {}, duplicateFigure(image, index === 0))),
    ),
  )
}

function duplicateFigure(image: AuditedImage, isKept: boolean): HTMLElement {
  const [use] = image.uses
  const name = use?.name ?? `image ${image.id}`
  const size = image.width === null || image.height === null ? null : `${image.width} × ${image.height}`
  return el(
    'figure',
    {},
    picture(image.url, name),
    el(
      'figcaption',
      {},
      el('b', { class: isKept ? 'featured' : null }, isKept ? 'keep' : 'spare'),
      el('span', {}, use?.sku ?? name),
      size === null ? null : el('span', {}, size),
    ),
  )
}
