/**
 * The embedded catalog as the product CSV that WooCommerce's importer reads.
 *
 * In: the catalog as it is at one moment, whatever is imported meanwhile. Out: text, piece by piece, sorted
 * by SKU, a parent before its variations, the same text for the same catalog. Memory does not grow with the
 * catalog, and nothing is written to it.
 */
import { statSync } from 'node:fs'
import { WholesalerError } from '../../errors.js'
import type { Attribute, ImageRef } from '../../product/product.js'
import { openDatabase } from '../../sqlite.js'
import { type CatalogEntry, CatalogPages, type CatalogProduct } from './catalog-pages.js'
import { commonUnit, type ExportLayout, type ExportRow, headerRow, type OwnCells, productRow } from './export-row.js'
import { mediaPath } from './media-folder.js'
import { type ProductDetails, type ProductRow, parseDetails, type VariantDetails } from './product-row.js'
import { catalogMigrations } from './schema.js'

export interface ExportOptions {
  /** Base of the image URLs (`BASE/ab/<sha256>.jpg`); null: the addresses the images came from. */
  readonly mediaUrl: string | null
}

/** Excel takes a file without it for one in the local code page. */
const byteOrderMark = '\ufeff'

/** Streams the export. Throws `usage` when there is no catalog; never makes one. */
export async function* exportCatalog(catalogPath: string, { mediaUrl }: ExportOptions): AsyncGenerator<string> {
  if ((statSync(catalogPath, { throwIfNoEntry: false })?.size ?? 0) === 0) throw noCatalog(catalogPath)
  const media = mediaUrl?.replace(/\/+$/, '') ?? null
  const database = await openDatabase(catalogPath, { migrations: catalogMigrations })
  try {
    database.prepare('PRAGMA query_only = ON').get()
    // One read transaction for all pages: an import that goes on does not show, and is not held up.
    database.prepare('BEGIN').run()
    const pages = new CatalogPages(database)
    const layout = layoutOf(pages)
    yield byteOrderMark + headerRow(layout)
    for (const products of pages.read()) {
      const rows = products.flatMap((product) => rowsOf(product, media))
      yield rows.map((row) => productRow(row, layout)).join('')
    }
  } finally {
    database.close()
  }
}

function noCatalog(path: string): WholesalerError {
  return new WholesalerError({
    kind: 'usage',
    message: 'there is no catalog here',
    hint: 'Import a feed first: wholesaler import products.csv. Or name the right folder with --state-dir.',
    place: { file: path },
  })
}

function layoutOf(pages: CatalogPages): ExportLayout {
  return {
    weightUnit: commonUnit('weight', pages.units('weight')),
    sizeUnit: commonUnit('size', pages.units('length', 'width', 'height')),
    attributes: pages.mostAttributes(),
  }
}

/** A product, then its variations. */
function rowsOf(product: CatalogProduct, media: string | null): ExportRow[] {
  const row = productCells(product, media)
  const variations = product.variants.map((variant, position) => variationCells(variant, position, row, media))
  return [row, ...variations]
}

function productCells(product: CatalogProduct, media: string | null): ExportRow {
  const { row, categories, variants } = product
  const details = parseDetails<ProductDetails>(row.details)
  return {
    own: ownCells(product, details.images ?? [], media),
    type: variants.length > 0 ? 'variable' : 'simple',
    sku: row.sku ?? (variants.length > 0 ? standInSku(row) : null),
    name: row.name,
    shortDescription: details.shortDescription ?? null,
    description: details.description ?? null,
    weight: details.weight ?? null,
    length: details.length ?? null,
    width: details.width ?? null,
    height: details.height ?? null,
    categories,
    tags: details.tags ?? [],
    parentSku: null,
    position: 0,
    brand: row.brand,
  }
}

function variationCells(variant: CatalogEntry, position: number, parent: ExportRow, media: string | null): ExportRow {
  const details = parseDetails<VariantDetails>(variant.row.details)
  const own = ownCells(variant, details.image == null ? [] : [details.image], media)
  const options = own.attributes.flatMap(({ values }) => values).join(', ')
  return {
    own,
    type: 'variation',
    sku: variant.row.sku,
    // As WooCommerce titles them: the importer does not need it, people do.
    name: options === '' ? parent.name : `${parent.name} - ${options}`,
    shortDescription: null,
    description: null,
    weight: details.weight ?? null,
    length: null,
    width: null,
    height: null,
    categories: [],
    tags: [],
    parentSku: parent.sku,
    position,
    brand: null,
  }
}

function ownCells(entry: CatalogEntry, named: readonly ImageRef[], media: string | null): OwnCells {
  const { row } = entry
  return {
    gtin: row.gtin,
    status: row.status,
    inStock: row.in_stock,
    stock: row.stock,
    salePrice: row.sale_price,
    price: row.price,
    images: imageUrls(entry, named, media),
    attributes: eachNamedOnce(entry.attributes),
  }
}

/** Images that are in the catalog; as long as there are none, those that the feed names. */
function imageUrls({ images }: CatalogEntry, named: readonly ImageRef[], media: string | null): string[] {
  if (media !== null) return images.map((image) => `${media}/${mediaPath(image)}`)
  return images.length > 0 ? images.map((image) => image.original_url) : named.map(({ url }) => url)
}

/** A parent without SKU needs one in the file, for its variations to name it. */
function standInSku({ key, id }: ProductRow): string {
  return `${key ?? ''}-p${id}`
}

/** An attribute named like an option is that option: the first of a name counts, and options come first. */
function eachNamedOnce(attributes: readonly Attribute[]): Attribute[] {
  const byName = new Map<string, Attribute>()
  for (const attribute of attributes) {
    const name = attribute.name.toLowerCase()
    if (attribute.values.length > 0 && !byName.has(name)) byName.set(name, attribute)
  }
  return [...byName.values()]
}
