/** The feed of goals that disturb imports: a WooCommerce product CSV with variants, categories, attributes, images. */

import { jpeg } from '../../core/images/pictures.js'
import type { CountingServer } from './counting-server.js'

export interface FeedSize {
  readonly products: number
  /** References, of which some repeat an address, and some addresses lead to the same bytes. */
  readonly images: number
}

/** Every so many products one comes in two variants. */
const variableEvery = 20
const imagesPerProduct = 2
/** Of the references: different addresses; of those: different files. */
const addressShare = 0.75
const fileShare = 0.8

const columns = [
  'Type',
  'SKU',
  'Name',
  'Published',
  'Regular price',
  'Stock',
  'Categories',
  'Images',
  'Parent',
  'Attribute 1 name',
  'Attribute 1 value(s)',
]

export function killFeed({ products, images }: FeedSize, imageUrl: (path: string) => string): string {
  const addresses = Math.max(1, Math.round(images * addressShare))
  const imageEvery = Math.max(1, Math.floor((products * imagesPerProduct) / images))
  const rows = [columns.join(',')]
  let named = 0
  for (let number = 1; number <= products; number += 1) {
    const urls: string[] = []
    while (number % imageEvery === 0 && urls.length < imagesPerProduct && named < images) {
      urls.push(imageUrl(imagePath(named % addresses)))
      named += 1
    }
    const category = `Group ${number % 7} > Kind ${number % 50}`
    const isVariable = number % variableEvery === 0
    const price = isVariable ? '' : `${(number % 400) + 1}.90`
    const sizes = isVariable ? 'S, M' : ''
    const head = [isVariable ? 'variable' : 'simple', skuOf(number), `Product ${number}`, '1', price]
    rows.push(
      [
        ...head,
        isVariable ? '' : `${number % 90}`,
        category,
        `"${urls.join(', ')}"`,
        '',
        'Size',
        `"${sizes || 'one'}"`,
      ].join(','),
    )
    if (!isVariable) continue
    for (const size of ['S', 'M']) {
      const variant = `${skuOf(number)}-${size}`
      rows.push(
        ['variation', variant, '', '1', `${(number % 400) + 2}.90`, '5', '', '', skuOf(number), 'Size', size].join(','),
      )
    }
  }
  return `${rows.join('\n')}\n`
}

/** Lets the server answer every address of the feed. Returns how many different files there are. */
export async function servePictures(server: CountingServer, { images }: FeedSize): Promise<number> {
  const addresses = Math.max(1, Math.round(images * addressShare))
  const files = Math.max(1, Math.round(addresses * fileShare))
  const pictures: Buffer[] = []
  for (let number = 0; number < files; number += 1) pictures.push(await jpeg(number))
  for (let address = 0; address < addresses; address += 1) {
    const picture = pictures[address % files]
    if (picture !== undefined) server.serve(imagePath(address), picture)
  }
  return files
}

export function addressesOf({ images }: FeedSize): readonly string[] {
  return Array.from({ length: Math.max(1, Math.round(images * addressShare)) }, (_, address) => imagePath(address))
}

function imagePath(address: number): string {
  return `/pictures/${address}.jpg`
}

function skuOf(number: number): string {
  return `P-${String(number).padStart(6, '0')}`
}
