/** What tells whether the same bytes have to be mapped again. Knows no preset, so that asking loads none. */
import { shopFields } from './field-owners.js'
import { digestOf } from './fingerprint.js'
import type { WholesalerMapping } from './mapping.js'

/** Raised whenever the same mapping makes other products of the same feed: all feeds are then mapped anew. */
export const mapperVersion = 4

/**
 * Hash of all that shapes mapping and is known without the feed: config, `transform` source, mapper version. What
 * is found out (preset, columns, number format) follows from the feed's bytes.
 */
export function mappingDigest(mapping: WholesalerMapping): string {
  const { preset, map, transform, transformSource, price, include, exclude, stock, skuPrefix, variantImages, join } =
    mapping
  const left = shopFields(mapping.fields)
  const hook = transformSource ?? transform?.toString()
  return digestOf([
    mapperVersion,
    { preset, map, hook, price, include, exclude, stock, skuPrefix, variantImages, join },
    // Nothing more where nothing is left to the shop: the digests of before stay.
    ...(left.length === 0 ? [] : [left]),
  ])
}
