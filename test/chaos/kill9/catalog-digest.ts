/**
 * A catalog in one line: two that hold the same goods have the same digest, however often their import was
 * disturbed. Ids, times and the order of writing play no part.
 */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openDatabase } from '../../../src/core/sqlite.js'
import { catalogMigrations } from '../../../src/core/store/catalog/schema.js'

export interface CatalogDigest {
  readonly digest: string
  readonly products: number
  readonly variants: number
  readonly categories: number
  readonly images: number
  readonly imageLinks: number
  /** What must never be: two products of one key, a file without its row, a row without its file or product. */
  readonly faults: readonly string[]
}

/** Rows that say the same in every import, each as one value. */
const contents: Readonly<Record<string, string>> = {
  products: `
    SELECT json_array(p.owner, p.key, p.position, p.sku, p.status, p.name, p.brand, p.gtin, p.mpn, p.price, p.sale_price,
      p.wholesale_price, p.stock, p.in_stock, p.availability, p.details, p.retired, p.content, p.offer, p.images) AS row
    FROM product p WHERE p.parent_id IS NULL`,
  variants: `
    SELECT json_array(o.owner, o.key, p.key, p.position, p.sku, p.status, p.price, p.sale_price, p.wholesale_price,
      p.stock, p.in_stock, p.availability, p.details, p.retired) AS row
    FROM product p JOIN product o ON o.id = p.parent_id`,
  categories: `
    SELECT json_array(c.name, up.name) AS row FROM category c LEFT JOIN category up ON up.id = c.parent_id`,
  productCategories: `
    SELECT json_array(p.owner, p.key, l.position, c.name, up.name) AS row FROM product_category l
    JOIN product p ON p.id = l.product_id JOIN category c ON c.id = l.category_id
    LEFT JOIN category up ON up.id = c.parent_id`,
  attributes: `
    SELECT json_array(p.sku, a.is_option, a.position, a.name, a.value) AS row FROM product_attribute a
    JOIN product p ON p.id = a.product_id`,
  images: 'SELECT json_array(sha256, extension, width, height, bytes) AS row FROM image',
  imageLinks: `
    SELECT json_array(p.sku, l.position, i.sha256, l.original_url, l.alt) AS row FROM product_image l
    JOIN product p ON p.id = l.product_id JOIN image i ON i.id = l.image_id`,
}

const rules: Readonly<Record<string, string>> = {
  'products that are there twice': `
    SELECT count(*) AS n FROM (SELECT 1 FROM product WHERE parent_id IS NULL GROUP BY owner, key HAVING count(*) > 1)`,
  'SKUs that are there twice': `
    SELECT count(*) AS n FROM (SELECT 1 FROM product WHERE sku IS NOT NULL GROUP BY lower(trim(sku)) HAVING count(*) > 1)`,
  'images that no product has': `
    SELECT count(*) AS n FROM image WHERE id NOT IN (SELECT image_id FROM product_image)`,
  'images that are there twice': 'SELECT count(*) AS n FROM (SELECT 1 FROM image GROUP BY sha256 HAVING count(*) > 1)',
}

/** Of a state folder that nobody works in. */
export async function catalogDigest(stateDir: string): Promise<CatalogDigest> {
  const database = await openDatabase(join(stateDir, 'catalog.db'), { migrations: catalogMigrations })
  try {
    database.check()
    const hash = createHash('sha256')
    const counts: Record<string, number> = {}
    for (const [name, sql] of Object.entries(contents)) {
      const rows = database
        .prepare<{ row: string }>(sql)
        .all()
        .map(({ row }) => row)
      counts[name] = rows.length
      hash.update(`${name}\n${rows.sort().join('\n')}\n`)
    }
    const faults: string[] = []
    for (const [what, sql] of Object.entries(rules)) {
      const { n = 0 } = database.prepare<{ n: number }>(sql).get() ?? {}
      if (n > 0) faults.push(`${n} ${what}`)
    }
    const named = database.prepare<{ file: string }>("SELECT sha256 || '.' || extension AS file FROM image").all()
    const files = await mediaFiles(stateDir)
    faults.push(...difference(new Set(named.map(({ file }) => file)), files))
    for (const [file, path] of [...files].sort()) hash.update(`${file} ${sha256(await readFile(path))}\n`)
    const { products = 0, variants = 0, categories = 0, images = 0, imageLinks = 0 } = counts
    return { digest: hash.digest('hex'), products, variants, categories, images, imageLinks, faults }
  } finally {
    database.close()
  }
}

/** Applied products over all batches: more than there are products = work that was done again. */
export async function appliedProducts(stateDir: string): Promise<number> {
  const database = await openDatabase(join(stateDir, 'catalog.db'), { migrations: catalogMigrations })
  try {
    const sql = 'SELECT coalesce(sum(json_array_length(results)), 0) AS n FROM applied_batch'
    return database.prepare<{ n: number }>(sql).get()?.n ?? 0
  } finally {
    database.close()
  }
}

/** Files of the media folder by name. */
async function mediaFiles(stateDir: string): Promise<ReadonlyMap<string, string>> {
  const folder = join(stateDir, 'media')
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => [])
  return new Map(
    entries.filter((entry) => entry.isFile()).map(({ name, parentPath }) => [name, join(parentPath, name)]),
  )
}

function difference(named: ReadonlySet<string>, files: ReadonlyMap<string, string>): string[] {
  const orphans = [...files.keys()].filter((name) => !named.has(name))
  const missing = [...named].filter((name) => !files.has(name))
  return [
    ...(orphans.length > 0 ? [`${orphans.length} media files that no image names, such as ${orphans[0]}`] : []),
    ...(missing.length > 0 ? [`${missing.length} images without their file, such as ${missing[0]}`] : []),
  ]
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
