/** The form that starts an import. */
import { get, post } from '../api.js'
import type { WholesalersDocument } from '../documents.js'
import { type Child, el, set, setText } from '../element.js'
import { complaint, heading, nothing } from '../parts.js'
import type { OpenRoom, RoomPorts } from '../room.js'

/** Products of one batch, as `import --per-batch` has it. */
const perBatch = { least: 1, most: 100, usual: 50 }

export const openStart: OpenRoom = (_argument, ports) => {
  const told = complaint()
  const names = el('div', { class: 'choices' }, el('p', { class: 'faint' }, 'Looking for wholesalers …'))
  const form = importForm(names, told, ports)
  void fillNames(names, form, told)
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

async function fillNames(names: HTMLElement, form: HTMLFormElement, told: ReturnType<typeof complaint>): Promise<void> {
  try {
    const { wholesalers } = await get<WholesalersDocument>('/api/wholesalers')
    const boxes = wholesalers.map(({ name, source }) =>
      choice({ name: 'wholesaler', value: name, checked: true }, el('b', {}, name), ` ${source}`),
    )
    const none = nothing(
      'The config names no wholesaler: ',
      el('code', {}, 'wholesaler import FILE'),
      ' takes a file without one.',
    )
    names.replaceChildren(...(boxes.length === 0 ? [none] : boxes))
    set(form, 'data-ready', true)
  } catch (error) {
    names.replaceChildren()
    told.say(error)
  }
}

function importForm(
  names: HTMLElement,
  told: ReturnType<typeof complaint>,
  { go, announce }: RoomPorts,
): HTMLFormElement {
  const batches = el('input', {
    type: 'number',
    name: 'batches',
    min: 1,
    step: 1,
    inputmode: 'numeric',
    id: 'batches',
    'aria-describedby': 'batches-hint',
  })
  const each = el('input', {
    type: 'number',
    name: 'per_batch',
    min: perBatch.least,
    max: perBatch.most,
    step: 1,
    value: perBatch.usual,
    required: true,
    inputmode: 'numeric',
    id: 'per-batch',
    'aria-describedby': 'per-batch-hint',
  })
  const words = el('span', {}, 'Start the import')
  const submit = el('button', { type: 'submit', class: 'main' }, words)
  const form = el(
    'form',
    { class: 'start' },
    el('fieldset', {}, el('legend', {}, 'Wholesalers'), names),
    el(
      'fieldset',
      {},
      el('legend', {}, 'How much'),
      field('batches', 'Batches', batches, 'Empty: all that is pending. The next import goes on where this one ends.'),
      field(
        'per-batch',
        'Products in a batch',
        each,
        `${perBatch.least} to ${perBatch.most}. Smaller ones are kinder to a slow shop.`,
      ),
    ),
    el(
      'fieldset',
      {},
      el('legend', {}, 'What'),
      choice({ name: 'images', checked: true }, el('b', {}, 'Images'), ' No image is imported twice.'),
      choice(
        { name: 'update_existing', checked: true },
        el('b', {}, 'Update products that are there'),
        ' Otherwise only new ones are added.',
      ),
    ),
    told.element,
    el('p', { class: 'actions' }, submit),
  )
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    if (submit.getAttribute('aria-disabled') === 'true') return
    set(submit, 'aria-disabled', 'true')
    setText(words, 'Starting …')
    told.say(null)
    try {
      const { job_id: id } = await post<{ job_id: number }>('/api/import', askedFor(form))
      announce(`Import started as job ${id}`)
      go(`#/jobs/${id}`)
    } catch (error) {
      told.say(error)
    } finally {
      set(submit, 'aria-disabled', null)
      setText(words, 'Start the import')
    }
  })
  return form
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

function field(id: string, label: string, input: HTMLElement, hint: string): HTMLElement {
  return el('p', { class: 'field' }, el('label', { for: id }, label), input, el('small', { id: `${id}-hint` }, hint))
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
