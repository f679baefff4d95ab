/** What a person reads whose browser is refused: the error in words, where a program gets the document. */
import { createHash } from 'node:crypto'
import { type Html, html, raw } from '../cli/contact-sheet/html.js'
import type { HttpErrorDocument } from './http-error.js'

export interface RefusalPage {
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}

/** True for a browser that goes to an address. Scripts, also those of the page, ask for anything. */
export function isForPerson(method: string, accept: string | undefined): boolean {
  return method === 'GET' && accept !== undefined && /^text\/html\b/i.test(accept)
}

const style = `
:root { color-scheme: light dark }
body { max-width: 60ch; margin: 12vh auto; padding: 0 20px; font: 16px/1.5 system-ui, sans-serif }
h1 { font-size: 24px; line-height: 1.2; letter-spacing: -.015em }
code { font: 14px ui-monospace, Menlo, Consolas, monospace; overflow-wrap: anywhere }
`
const styleHash = createHash('sha256').update(style).digest('base64')
const headers = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${styleHash}'; frame-ancestors 'none'`,
}

/** `host`: by which name the browser reached this server. */
export function refusalPage({ error }: HttpErrorDocument, host: string): RefusalPage {
  const { code, message, hint } = error
  const title = code === 'unauthorized' ? 'This browser is not signed in' : sentence(message)
  const more = code === 'unauthorized' ? signIn(message, host) : hint === null ? null : html`<p>${hint}</p>`
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · wholesaler</title><style>${raw(style)}</style></head>
<body><main><h1>${title}</h1>
${more}
</main></body></html>
`
  return { body: page.text, headers }
}

function signIn(message: string, host: string): Html {
  return html`<p>${sentence(message)}.</p>
<p>Open the link that <code>wholesaler serve</code> printed when it started; it works once.</p>
<p>Another one is made on the machine of the server by <code>curl -X POST http://${host}/api/login-link</code></p>`
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
