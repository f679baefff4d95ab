/** Wholesalers, products' images, and images that are there twice. */
import { sheetPolicy } from '../../cli/contact-sheet/contact-sheet.js'
import { type DocumentHead, documentHead, withoutUrlSecrets } from '../../cli/documents.js'
import { findCatalogImage } from '../../cli/wiring.js'
import { loadConfig } from '../../core/config/load-config.js'
import type { AuditKind } from '../audits.js'
import { HttpError, notFound } from '../http-error.js'
import { imagesOfProduct } from '../product-images.js'
import { json, type RequestContext, type Route, type ServePorts } from '../route.js'
import { sendFile } from '../send-file.js'

export interface WholesalersDocument extends DocumentHead {
  readonly wholesalers: readonly {
    readonly name: string
    /** As the config has it, without what may be secret. */
    readonly source: string
  }[]
}

const mediaTypes: Readonly<Record<string, string>> = {
  jpg: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
  gif: 'image/gif',
}

export const imageRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/api/wholesalers',
    summary: 'The wholesalers of the config.',
    answers: { schema: 'serve-wholesalers' },
    async handle(_context, { place }) {
      const { wholesalers } = await loadConfig(place.configPath)
      const named = Object.entries(wholesalers).map(([name, { feed }]) => ({ name, source: withoutUrlSecrets(feed) }))
      const document: WholesalersDocument = { ...documentHead(true), wholesalers: named }
      return json(document)
    },
  },
  {
    method: 'GET',
    path: '/api/products/:sku/images',
    summary: 'The images of one product, by its SKU, else by its id in the store.',
    answers: { schema: 'images' },
    refusals: [404],
    handle: (context, ports) => imagesOfProduct(context, ports, context.req.param('sku') ?? '', 'sku'),
  },
  {
    method: 'GET',
    path: '/media/:sha256',
    summary: 'An image of the embedded catalog, by the sha256 of its bytes as they were downloaded.',
    answers: { type: 'image/*' },
    refusals: [404],
    async handle(context, { place }) {
      const found = await findCatalogImage(place.stateDir, context.req.param('sha256') ?? '')
      const sent =
        found &&
        (await sendFile(context, found.path, {
          headers: {
            'content-type': mediaTypes[found.extension] ?? 'application/octet-stream',
            // A new recipe may make another picture of it: browsers ask whether it is the same.
            'cache-control': 'private, no-cache',
          },
        }))
      if (sent === null) throw notFound('the catalog has no such image', 'image-status names those of a product.')
      return sent
    },
  },
  {
    method: 'GET',
    path: '/api/duplicates',
    summary: 'What is wrong with the images of the whole store: duplicates, missing files and more.',
    answers: { schema: 'images-audit' },
    refusals: [404],
    handle: (context, ports) => sendAudit(context, ports, 'document', 'application/json; charset=utf-8'),
  },
  {
    method: 'GET',
    path: '/duplicates',
    summary: 'The same as a page with thumbnails.',
    answers: { type: 'text/html' },
    refusals: [404],
    handle: (context, ports) => sendAudit(context, ports, 'sheet', 'text/html; charset=utf-8'),
  },
]

async function sendAudit(
  context: RequestContext,
  { audits }: ServePorts,
  kind: AuditKind,
  type: string,
): Promise<Response> {
  const policy = kind === 'sheet' ? { 'content-security-policy': `${sheetPolicy()}; frame-ancestors 'none'` } : {}
  const sent = await sendFile(context, await audits.file(kind), { headers: { 'content-type': type, ...policy } })
  if (sent === null) throw new HttpError({ code: 'unavailable', message: 'what was found is gone', hint: 'Ask again.' })
  return sent
}
