/** Restores markup that was written as real child elements, such as XHTML in a description. */
import type { XmlElement } from '../feed/feed.js'

/** Elements of HTML that have no end tag: https://html.spec.whatwg.org/#void-elements */
const voidElements = new Set('area base br col embed hr img input link meta source track wbr'.split(' '))

/** The XML between the tags of an element. Namespaces and comments are not restored. */
export function innerXml(children: XmlElement['children']): string {
  let xml = ''
  for (const child of children) xml += typeof child === 'string' ? escapeText(child) : outerXml(child)
  return xml
}

function outerXml({ name, attributes, children }: XmlElement): string {
  let open = `<${name}`
  for (const [key, value] of Object.entries(attributes)) open += ` ${key}="${escapeAttribute(value)}"`
  if (children.length > 0) return `${open}>${innerXml(children)}</${name}>`
  return voidElements.has(name.toLowerCase()) ? `${open}>` : `${open}></${name}>`
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

function escapeAttribute(text: string): string {
  return escapeText(text).replaceAll('"', '&quot;')
}
