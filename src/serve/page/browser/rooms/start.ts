/** The form that starts an import. */
import { get, post } from '../api.js'
import type { WholesalersDocument } from '../documents.js'
import { type Attributes, type Child, el } from '../element.js'
import { complaint, heading, nothing, submitButton } from '../parts.js'
import type { OpenRoom } from '../room.js'

/** Products of one batch, as `import --per-batch` has it. */
const perBatch = { least: 1, most: 100, usual: 50 }

export const openStart: OpenRoom = (_argument, { go, announce }) => {
  const told = complaint()
  const names = el('div', { class: 'choices' }, el('p', { class: 'faint' }, 'Looking for wholesalers …'))
  const form = el('form', { class: 'start' }, fields('Wholesalers', names), howMuch(), what(), told.element)
  const labels = { label: 'Start the import', busy: 'Starting …', isMain: true }
  const start = submitButton(form, labels, told, async () => {
    const { job_id: id } = await post<{ job_id: number }>('/api/import', askedFor(form))
    announce(`Import started as job ${id}`)
    go(`#/jobs/${id}`)
  })
  form.append(el('p', { class: 'actions' }, start))
  void fillNames(names, told)
  return {
    title: 'Start an import',
    body: el(
      'section',
      {},
      heading('Start an import'),
      el('p', { class: 'lead' }, 'It runs in a process of its own, and goes on when this page is closed.'),
      form,
    ),
  }
}

async function fillNames(names: HTMLElement, told: ReturnType<typeof complaint>): Promise<void> {
  try {
    const { wholesalers } = await get<WholesalersDocument>('/api/wholesalers')
    const boxes = wholesalers.map(({ name, source }) =>
      choice({ name: 'wholesaler', value: name, checked: true }, el('b', {}, name), ` ${source}`),
    )
    const file = el('code', {}, 'wholesaler import FILE')
    const none = nothing('The config names no wholesaler: ', file, ' takes a file without one.')
    names.replaceChildren(...(boxes.length === 0 ? [none] : boxes))
  } catch (error) {
    names.replaceChildren()
    told.say(error)
  }
}

function fields(legend: string, ...parts: readonly HTMLElement[]): HTMLElement {
  return el('fieldset', {}, el('legend', {}, legend), ...parts)
}

function howMuch(): HTMLElement {
  const { least, most, usual } = perBatch
  return fields(
    'How much',
    field({
      name: 'batches',
      label: 'Batches',
      hint: 'Empty: all that is pending. The next import goes on where this one ends.',
      limits: { min: 1 },
    }),
    field({
      name: 'per_batch',
      label: 'Products in a batch',
      hint: `${least} to ${most}. Smaller ones are kinder to a slow shop.`,
      limits: { min: least, max: most, value: usual, required: true },
    }),
  )
}

function what(): HTMLElement {
  const images = { name: 'images', checked: true }
  const update = { name: 'update_existing', checked: true }
  return fields(
    'What',
    choice(images, el('b', {}, 'Images'), ' No image is imported twice.'),
    choice(update, el('b', {}, 'Update products that are there'), ' Otherwise only new ones are added.'),
  )
}

/** All wholesalers that are ticked; none is named when all are, so that the job is that of the whole config. */
function askedFor(form: HTMLFormElement): object {
  const data = new FormData(form)
  const ticked = data.getAll('wholesaler').map(String)
  if (ticked.length === 0) throw new Error('Choose at least one wholesaler')
  const isAll = ticked.length === form.querySelectorAll('input[name=wholesaler]').length
  const batches = data.get('batches')
  return {
    ...(isAll ? {} : { wholesaler: ticked }),
    ...(batches === null || batches === '' ? {} : { batches: Number(batches) }),
    per_batch: Number(data.get('per_batch')),
    images: data.has('images'),
    update_existing: data.has('update_existing'),
  }
}

interface FieldOf {
  readonly name: string
  readonly label: string
  readonly hint: string
  readonly limits: Attributes
}

/** For a whole number. */
function field({ name, label, hint, limits }: FieldOf): HTMLElement {
  const described = { id: name, 'aria-describedby': `${name}-hint` }
  const input = el('input', { type: 'number', inputmode: 'numeric', step: 1, name, ...described, ...limits })
  return el(
    'p',
    { class: 'field' },
    el('label', { for: name }, label),
    input,
    el('small', { id: `${name}-hint` }, hint),
  )
}

interface ChoiceOf {
  readonly name: string
  readonly value?: string
  readonly checked: boolean
}

function choice({ name, value = 'yes', checked }: ChoiceOf, ...words: readonly Child[]): HTMLElement {
  const [label = null, ...rest] = words
  const box = el('input', { type: 'checkbox', name, checked, value })
  return el('label', { class: 'choice' }, box, el('span', {}, label, el('small', {}, ...rest)))
}
