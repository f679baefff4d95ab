/** JSON of attributes. Most products of a feed bear the same few: red, cotton, XL. */
import { quoted, quotedList } from './json-text.js'
import { ownText } from './own-text.js'
import type { Attribute } from './product.js'

/** Values remembered, over all names: some hundred KB. Of a feed in which every value is another one, the first ones stay. */
const valuesMax = 4_000
/** Longer ones are descriptions, which do not come again. */
const lengthMax = 40

export class AttributeTexts {
  readonly #byName = new Map<string, Map<string, string>>()
  #size = 0

  /** `JSON.stringify` of the list, with name and values of each attribute only, in this order. */
  listOf(attributes: readonly Attribute[]): string {
    let list = ''
    for (const { name, values } of attributes) {
      const [only] = values
      const text = values.length === 1 && only !== undefined ? this.#textOf(name, only) : textOf(name, values)
      list += list === '' ? text : `,${text}`
    }
    return `[${list}]`
  }

  #textOf(name: string, value: string): string {
    const known = this.#byName.get(name)?.get(value)
    if (known !== undefined) return known
    const text = textOf(name, [value])
    if (this.#size < valuesMax && name.length <= lengthMax && value.length <= lengthMax)
      this.#remember(name, value, text)
    return text
  }

  #remember(name: string, value: string, text: string): void {
    this.#size += 1
    const values = this.#byName.get(name) ?? new Map<string, string>()
    if (values.size === 0) this.#byName.set(ownText(name), values)
    values.set(ownText(value), text)
  }
}

function textOf(name: string, values: readonly string[]): string {
  return `{"name":${quoted(name)},"values":${quotedList(values)}}`
}
