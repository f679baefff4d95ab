/** JSON of attributes. Most products of a feed bear the same few: red, cotton, XL. */
import { ascii, type JsonBytes } from './json-bytes.js'
import { ownText } from './own-text.js'
import type { Attribute } from './product.js'
import { writeList, writeTexts } from './write-texts.js'

/** Values remembered, over all names: some hundred KB. Of a feed in which every value is another one, the first ones stay. */
const valuesMax = 4_000
/** Longer ones are descriptions, which do not come again. */
const lengthMax = 40

const nameStart = ascii('{"name":')
const valuesStart = ascii(',"values":')
const end = ascii('}')

export class AttributeJson {
  readonly #byName = new Map<string, Map<string, Uint8Array>>()
  #size = 0

  /** The list with name and values of each attribute only, in this order. */
  write(json: JsonBytes, attributes: readonly Attribute[]): void {
    writeList(json, attributes, ({ name, values }) => {
      const [only] = values
      if (values.length === 1 && only !== undefined) this.#writeOne(json, name, only)
      else writeAttribute(json, name, values)
    })
  }

  #writeOne(json: JsonBytes, name: string, value: string): void {
    const known = this.#byName.get(name)?.get(value)
    if (known !== undefined) {
      json.raw(known)
      return
    }
    const from = json.length
    writeAttribute(json, name, [value])
    if (this.#size < valuesMax && name.length <= lengthMax && value.length <= lengthMax)
      this.#remember(name, value, json.part(from, json.length).slice())
  }

  #remember(name: string, value: string, written: Uint8Array): void {
    this.#size += 1
    const values = this.#byName.get(name) ?? new Map<string, Uint8Array>()
    if (values.size === 0) this.#byName.set(ownText(name), values)
    values.set(ownText(value), written)
  }
}

function writeAttribute(json: JsonBytes, name: string, values: readonly string[]): void {
  json.raw(nameStart)
  json.text(name)
  json.raw(valuesStart)
  writeTexts(json, values)
  json.raw(end)
}
