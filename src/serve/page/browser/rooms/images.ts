/** The images of one product, found by its SKU. */
import { countOf } from '../../../../cli/figures.js'
import { get } from '../api.js'
import type { ProductImages } from '../documents.js'
import { addressOf, el, setText } from '../element.js'
import { complaint, heading } from '../parts.js'
import { picture } from '../picture.js'
import type { OpenRoom } from '../room.js'

export const openImages: OpenRoom = (sku, { go, announce }) => {
  const told = complaint()
  const found = el('div', { class: 'found' })
  let isLeft = false
  const load = async (): Promise<void> => {
    setText(found, 'Looking …')
    told.say(null)
    try {
      const product = await get<ProductImages>(`/api/products/${encodeURIComponent(sku)}/images`)
      if (isLeft) return
      found.replaceChildren(productView(product))
      announce(`${product.name}: ${countOf(product.total_images, 'image')}`)
    } catch (error) {
      setText(found, '')
      told.say(error)
    }
  }
  const search = searchForm(sku, (wanted) => {
    if (wanted === sku) void load()
    else go(`#/images/${encodeURIComponent(wanted)}`)
  })
  if (sku !== '') void load()
  const lead = el('p', { class: 'lead' }, 'A variant shows the images of its product.')
  return {
    title: sku === '' ? 'Images' : `Images of ${sku}`,
    body: el('section', {}, heading('Images of a product'), lead, search, told.element, found),
    leave() {
      isLeft = true
    },
  }
}

function searchForm(sku: string, onSearch: (sku: string) => void): HTMLElement {
  const asItIs = { autocomplete: 'off', spellcheck: 'false', autocapitalize: 'off' }
  const input = el('input', { type: 'search', id: 'sku', name: 'sku', value: sku, required: true, ...asItIs })
  const submit = el('button', { type: 'submit', class: 'main' }, 'Show its images')
  const form = el('form', { class: 'search', role: 'search' }, el('label', { for: 'sku' }, 'SKU'), input, submit)
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    onSearch(input.value.trim())
  })
  return form
}

function productView(product: ProductImages): HTMLElement {
  const { images, total_images: total, variant_images: ofVariants } = product
  const facts = [
    product.sku === null ? null : `SKU ${product.sku}`,
    product.wholesaler === null ? null : `from ${product.wholesaler}`,
    countOf(total, 'image'),
    ofVariants === 0 ? null : `${countOf(ofVariants, 'image')} of variants`,
  ]
  return el(
    'section',
    {},
    el('h2', {}, product.name),
    el('p', { class: 'faint' }, facts.filter((fact) => fact !== null).join(' · ')),
    images.length === 0
      ? el('p', { class: 'nothing' }, 'It has no image.')
      : el('ul', { class: 'pictures' }, ...placed(images).map((shown) => imageFigure(shown, product.name))),
  )
}

type Image = ProductImages['images'][number]

/** One picture, and every place that shows it: its own, and those of variants. */
interface Shown {
  readonly image: Image
  readonly places: readonly string[]
}

function placed(images: readonly Image[]): readonly Shown[] {
  const ids = new Set(images.map(({ id }) => id))
  return [...ids].flatMap((wanted) => {
    const same = images.filter(({ id }) => id === wanted)
    const [image] = same
    return image === undefined ? [] : [{ image, places: same.map(placeOf) }]
  })
}

function placeOf({ role, variant }: Image): string {
  return role === 'variant' ? `variant ${variant ?? ''}` : role
}

function imageFigure({ image, places }: Shown, name: string): HTMLElement {
  const [first = '', ...others] = places
  const caption = el(
    'figcaption',
    {},
    el('b', { class: image.role === 'featured' ? 'featured' : null }, first),
    ...others.map((place) => el('span', {}, place)),
    el('span', {}, `image ${image.id}`),
    image.original_url === null ? null : addressOf(image.original_url),
  )
  return el('li', {}, el('figure', {}, picture(image.url, `${name}, ${first}`), caption))
}
