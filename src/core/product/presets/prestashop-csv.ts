import type { FieldRule, JoinMap, ProductMap } from '../product-map.js'
import type { FeedLook, Preset } from './preset.js'

/** Headers are words for people that differ with version and shop: `Name *`, `Reference #`, `Image URLs (x,y,z...)`. */
export function columnLike({ shape }: FeedLook, pattern: RegExp): string | undefined {
  return shape.columns?.find((column) => pattern.test(column))
}

/** The header tells what parts its lists: `Categories (x;y;z...)`. */
function list(look: FeedLook, pattern: RegExp): FieldRule | undefined {
  const from = columnLike(look, pattern)
  return from === undefined ? undefined : { from, split: /\(x(.)y/.exec(from)?.[1] ?? [';', ','] }
}

function prices(look: FeedLook): ProductMap {
  const net = columnLike(look, /^price tax excluded$/i)
  const gross = columnLike(look, /^price tax included$/i)
  return {
    price: net ?? gross ?? columnLike(look, /^price\b/i),
    ...(net !== undefined ? { taxIncluded: false } : gross !== undefined ? { taxIncluded: true } : {}),
    wholesalePrice: columnLike(look, /^wholesale price/i),
  }
}

/**
 * PrestaShop's and thirty bees' product import. The header does not say whether `Price tax excluded or Price tax
 * included` is the one or the other. Variants are in a second
 * file, the combinations, whose prices are what they add to the product's.
 * Source: https://docs.prestashop-project.org/1-6-documentation/user-guide/configuring-advanced-parameters/csv-import-parameters
 */
export const prestashopCsv: Preset = {
  name: 'prestashop-csv',
  fits: (look) =>
    columnLike(look, /^reference #?$/i) !== undefined &&
    columnLike(look, /^name ?\*?$/i) !== undefined &&
    columnLike(look, /^(?:categories|image urls) \(x.y.z/i) !== undefined
      ? 'its columns are those of the PrestaShop product import'
      : null,
  join: combinations,
  map: (look) => {
    const categories = list(look, /^categories/i)
    return {
      key: columnLike(look, /^(?:product )?id$/i) ?? columnLike(look, /^reference #?$/i),
      sku: columnLike(look, /^reference #?$/i),
      gtin: [columnLike(look, /^ean-?13/i), columnLike(look, /^upc/i)].filter((column) => column !== undefined),
      mpn: columnLike(look, /^mpn/i),
      name: columnLike(look, /^name\b/i),
      description: columnLike(look, /^description$/i),
      shortDescription: columnLike(look, /^(?:short description|summary)/i),
      brand: columnLike(look, /^(?:manufacturer|brand)$/i),
      ...(categories === undefined ? {} : { categories: { ...categories, levels: '/' } }),
      tags: list(look, /^tags/i),
      images: list(look, /^image urls/i),
      ...prices(look),
      stock: columnLike(look, /^quantity$/i),
      weight: columnLike(look, /^weight$/i),
      weightUnit: { value: 'kg' },
      width: columnLike(look, /^width$/i),
      height: columnLike(look, /^height$/i),
      length: columnLike(look, /^depth$/i),
      sizeUnit: { value: 'cm' },
      status: { from: columnLike(look, /^active/i), lookup: { '0': 'draft' } },
      attributes: features(look),
    }
  },
}

/** `Color:Red:1, Size:M:2`: name, value, position, and in later versions whether it is the shop's own. */
function features(look: FeedLook): ProductMap['attributes'] {
  const from = columnLike(look, /^feature ?\(name:value/i)
  if (from === undefined) return undefined
  const numbers = from.split(':').length - 'name:value'.split(':').length
  return [{ text: { from, replace: [`(?::\\d+){${numbers}}(?=\\s*(?:,|$))`, ''] }, between: ',', sign: ':' }]
}

/** The file of combinations: `Color:color:0, Size:select:1` are names, types and positions, `Red:0, M:1` the values. */
function combinations(second: FeedLook, feed: FeedLook): JoinMap {
  const byId = columnLike(second, /^product id ?\*?$/i)
  const own = columnLike(feed, /^(?:product )?id$/i)
  const byReference = columnLike(second, /^product reference/i)
  const reference = columnLike(feed, /^reference #?$/i)
  const names = columnLike(second, /^attribute ?\(name:type/i)
  const values = columnLike(second, /^value ?\(value:position/i)
  const useIds = byId !== undefined && own !== undefined
  if (names === undefined || values === undefined) return {}
  return {
    key: useIds ? byId : byReference,
    to: useIds ? own : reference,
    map: {
      variants: {
        sku: columnLike(second, /^reference$/i),
        gtin: [columnLike(second, /^ean-?13/i), columnLike(second, /^upc/i)].filter((column) => column !== undefined),
        mpn: columnLike(second, /^mpn/i),
        options: [
          {
            name: { from: names, split: [';', ','], replace: ['(?::[^:]*){1,2}$', ''] },
            value: { from: values, split: [';', ','], replace: [':\\d+$', ''] },
          },
        ],
        priceDelta: columnLike(second, /^impact on price/i),
        wholesalePrice: columnLike(second, /^wholesale price/i),
        stock: columnLike(second, /^quantity$/i),
        image: columnLike(second, /^image urls?\b/i),
      },
    },
  }
}
