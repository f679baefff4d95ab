import { writeFile } from 'node:fs/promises'
import { parse } from 'csv-parse/sync'
import { openFeed } from '../../../../src/core/feed/open-feed.js'
import { openText } from '../../../../src/core/feed/open-text.js'
import { createMapper } from '../../../../src/core/product/mapper.js'
import type { Product } from '../../../../src/core/product/product.js'
import { exportCatalog } from '../../../../src/core/store/catalog/export-csv.js'

export async function exportText(path: string, mediaUrl: string | null = null): Promise<string> {
  let text = ''
  for await (const piece of exportCatalog(path, { mediaUrl })) text += piece
  return text
}

/** Rows by header name. */
export async function exportRows(path: string, mediaUrl: string | null = null): Promise<Record<string, string>[]> {
  return parse(await exportText(path, mediaUrl), { columns: true, bom: true })
}

/** What an import of this file gives; rejects fail. */
export async function readProducts(file: string, spillDir: string, preset = 'woocommerce-csv'): Promise<Product[]> {
  const feed = await openFeed(await openText(file, {}), {}, { file })
  const mapper = await createMapper(feed, { preset }, { spillDir })
  const products: Product[] = []
  const listener = {
    reject: ({ reason }: { reason: string }) => {
      throw new Error(reason)
    },
    repair: () => {},
    skip: () => {},
  }
  for await (const chunk of mapper.products(feed, listener)) products.push(...chunk.map(({ product }) => product))
  return products
}

export async function readExport(text: string, file: string, spillDir: string): Promise<Product[]> {
  await writeFile(file, text)
  return await readProducts(file, spillDir)
}
