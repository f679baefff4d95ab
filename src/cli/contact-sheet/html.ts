/** HTML made of text that is never trusted: names, addresses and SKUs come from feeds. */

declare const escaped: unique symbol
/** Text that is HTML already. Only `html` and `raw` make it. */
export interface Html {
  readonly text: string
  readonly [escaped]: true
}

export function raw(text: string): Html {
  return { text } as Html
}

/** A template whose values are escaped, unless they are HTML; lists are joined, null is nothing. */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return raw(parts.reduce((text, part, index) => text + textOf(values[index - 1] ?? null) + part))
}

type HtmlValue = string | number | null | Html | readonly Html[]

function textOf(value: HtmlValue): string {
  if (value === null) return ''
  if (typeof value === 'string' || typeof value === 'number') return escapeHtml(String(value))
  return 'text' in value ? value.text : value.map(({ text }) => text).join('')
}

/** Quotes too, for attributes; control characters and marks that reorder text are shown as a box. */
export function escapeHtml(text: string): string {
  return text
    .replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]|\p{Cs}/gu, '\ufffd')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/'/g, '&#39;')
}
