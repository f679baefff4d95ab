/**
 * The only way in which anything gets onto the page. Text becomes text nodes and nothing is ever parsed as markup,
 * so that a product may be called `<img onerror=…>`; addresses that lead outside are http or https.
 */

export type Attributes = Readonly<Record<string, string | number | boolean | null>>
export type Child = Node | string | number | null

const svgNamespace = 'http://www.w3.org/2000/svg'

/** `true` is an attribute without a value; `false` and null leave it out. Listeners are added by code, never by attributes. */
export function el<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  return filled(document.createElement(tag), attributes, children)
}

export function svg<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[Tag] {
  return filled(document.createElementNS(svgNamespace, tag), attributes, children)
}

function filled<Made extends Element>(element: Made, attributes: Attributes, children: readonly Child[]): Made {
  for (const [name, value] of Object.entries(attributes)) set(element, name, value)
  for (const child of children) {
    if (child !== null) element.append(typeof child === 'object' ? child : visible(String(child)))
  }
  return element
}

/** Leaves alone what is so already: no screen reader reads it again, no selection is lost. */
export function set(element: Element, name: string, value: string | number | boolean | null): void {
  if (value === null || value === false) element.removeAttribute(name)
  else if (element.getAttribute(name) !== attributeText(value)) element.setAttribute(name, attributeText(value))
}

function attributeText(value: string | number | true): string {
  return value === true ? '' : visible(String(value))
}

/** As `set`, for the text of an element that has no other children. */
export function setText(element: Element, text: string): void {
  const shown = visible(text)
  if (element.textContent !== shown) element.textContent = shown
}

export function show(element: Element, isShown: boolean): void {
  set(element, 'hidden', !isShown)
}

/** Control characters, and marks that reorder or hide text, are shown as a box. */
export function visible(text: string): string {
  return text.replace(
    /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]|\p{Cs}/gu,
    '\ufffd',
  )
}

/** A link where the text is an address of the web, and plain text where it is not: a path, or `javascript:`. */
export function addressOf(text: string): HTMLElement {
  return /^https?:\/\/\S+$/i.test(text)
    ? el('a', { href: text, rel: 'noreferrer noopener', target: '_blank', class: 'address' }, text)
    : el('span', { class: 'address' }, text)
}

/** Throws when the page that this program ships lacks it. */
export function byId(id: string): HTMLElement {
  const found = document.getElementById(id)
  if (found === null) throw new Error(`no element #${id}`)
  return found
}
