import assert from 'node:assert/strict'
import { contactSheet } from '../../src/cli/contact-sheet/contact-sheet.js'
import { escapeHtml, html, raw } from '../../src/cli/contact-sheet/html.js'
import type { AuditedImage, ImageAudit } from '../../src/core/images/audit-images.js'

const evil = `"><img src=x onerror=alert(1)>'&</style><script>alert(2)</script>\u202e\u0000`

function image(id: string): AuditedImage {
  const use = { productId: '1', sku: evil, name: evil, wholesaler: evil, variant: null, position: 0, originalUrl: evil }
  return {
    id,
    originalUrl: evil,
    url: evil,
    sha256: 'ab',
    extension: 'jpg',
    width: 10,
    height: 10,
    bytes: 1000,
    present: id !== 'gone',
    perceptualHash: null,
    uses: [use, use],
  }
}

function audit(images: readonly AuditedImage[]): ImageAudit {
  const group = { images, distance: 2 }
  return {
    all: images,
    images: images.length,
    bytes: 1,
    products: 1,
    exact: [group],
    near: [group],
    orphans: images,
    missing: images,
    damaged: images,
    oversized: images,
    stray: [{ url: evil, bytes: 1 }],
    unknown: 0,
  }
}

async function sheetOf(images: readonly AuditedImage[]): Promise<string> {
  const ports = {
    store: { readImage: async (id: string) => (id === 'gone' ? null : Buffer.from(id)) },
    thumbnail: async (data: Buffer) => data,
    nowMs: 0,
  }
  let text = ''
  for await (const piece of contactSheet(evil, audit(images), [{ name: evil, sku: evil, images }], ports)) text += piece
  return text
}

describe('the contact sheet', () => {
  it('lets no text of a feed become markup, wherever it stands', async () => {
    const text = await sheetOf([image('1'), image('gone')])

    const tags = new Set([...text.matchAll(/<([a-z0-9]+)/g)].map(([, tag]) => tag))
    assert.ok(!tags.has('script'))
    for (const [tag] of text.matchAll(/<[a-z][^>]*>/g)) assert.ok(!/\son[a-z]+=/.test(tag.replace(/"[^"]*"/g, '')), tag)
    assert.equal(text.split('<style>').length, 2)
    assert.ok(!text.includes('\u202e') && !text.includes('\0'))
    for (const [, attributes = ''] of text.matchAll(/<img ([^>]*)>/g))
      assert.match(attributes, /src="data:image\/webp;base64,[\w+/=]*"$/)
  })

  it('loads nothing: its only addresses are data and places in itself, and its policy forbids the rest', async () => {
    const text = await sheetOf([image('1')])

    const addresses = [...text.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, address = '']) => address)
    assert.ok(addresses.every((address) => address.startsWith('data:') || address.startsWith('#')))
    assert.match(text, /content="default-src &#39;none&#39;; img-src data:; style-src &#39;sha256-/)
    assert.ok(!/@import|url\(/.test(text))
  })

  it('marks what to keep, and shows what is gone as such', async () => {
    const text = await sheetOf([image('1'), image('gone')])

    assert.match(text, /class="mark keep">keep/)
    assert.match(text, /class="mark spare">spare/)
    assert.match(text, /the file is gone/)
    assert.match(text, /and 1 other place/)
  })
})

describe('html', () => {
  it('escapes values, joins lists and leaves HTML alone', () => {
    assert.equal(
      html`<p title="${'"'}">${'<b>'}${[raw('<i>'), raw('</i>')]}${null}${1}</p>`.text,
      '<p title="&quot;">&lt;b&gt;<i></i>1</p>',
    )
    assert.equal(escapeHtml(`<&>"'`), '&lt;&amp;&gt;&quot;&#39;')
  })
})
