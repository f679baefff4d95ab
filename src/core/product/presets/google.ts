import type { PairSource } from '../product-map.js'
import { type FeedLook, hasColumns, type Preset, someHasChild } from './preset.js'

const googleNamespace = 'http://base.google.com/ns/1.0'

const options: readonly PairSource[] = [
  { named: { Color: ['color', 'colour'], Size: 'size' } },
  { named: { Material: 'material', Pattern: 'pattern' }, varying: true },
]

function fits(look: FeedLook): string | null {
  if (hasColumns(look, 'id', 'title', 'image_link') || hasColumns(look, 'g:id', 'g:title')) {
    return 'its columns are those of a Google or Meta product feed'
  }
  if (hasColumns(look, 'sku_id', 'title', 'image_link')) return 'its columns are those of a TikTok product feed'
  if (hasColumns(look, 'id', 'title', 'image link', 'price')) return 'its columns are those of a Google product feed'
  const namespaces = Object.values(look.shape.namespaces ?? {})
  const isGoogle = namespaces.includes(googleNamespace) || look.first.some(({ data }) => hasGoogleChild(data))
  if (isGoogle && someHasChild(look, 'id')) return 'its elements are those of a Google product feed'
  return null
}

function hasGoogleChild(data: unknown): boolean {
  const { children = [] } = data as { readonly children?: readonly unknown[] }
  return children.some((child) => (child as { readonly ns?: unknown }).ns === googleNamespace)
}

/**
 * Google Merchant Center, and those who read the same: Meta (Facebook, Instagram), Bing, Pinterest, Reddit, TikTok,
 * Prisjakt, Awin's feeds in Google's format. RSS, Atom, CSV or TSV. One item is one variant; items that share
 * `item_group_id` are one product. Meta has counts of stock, categories of its own, and says what is to be hidden.
 * Source: Product data specification, https://support.google.com/merchants/answer/7052112
 */
export const google: Preset = {
  name: 'google',
  fits,
  map: {
    key: ['id', 'sku_id'],
    gtin: 'gtin',
    mpn: 'mpn',
    name: ['title', 'name'],
    description: 'description',
    brand: 'brand',
    categories: [
      { from: ['product_type', 'product type'], levels: '>' },
      // A bare number is an id of Google's taxonomy, which is no name of a category.
      { from: ['google_product_category', 'google product category'], match: '^.*\\D.*$', levels: '>' },
      { from: 'fb_product_category', match: '^.*\\D.*$', levels: '>' },
    ],
    images: {
      all: ['image_link', 'image link', 'additional_image_link', 'additional image link'],
    },
    price: 'price',
    salePrice: ['sale_price', 'sale price'],
    stock: ['quantity_to_sell_on_facebook', 'inventory', 'quantity'],
    availability: 'availability',
    weight: ['shipping_weight', 'shipping weight', 'product_weight'],
    status: { from: ['status', 'visibility'], lookup: { staging: 'draft', hidden: 'draft' } },
    url: 'link',
    attributes: {
      Color: ['color', 'colour'],
      Size: 'size',
      Material: 'material',
      Pattern: 'pattern',
      Gender: 'gender',
      'Age group': ['age_group', 'age group'],
      Condition: 'condition',
    },
    group: ['item_group_id', 'item group id'],
    variants: { options },
  },
}
