/** What becomes of products that left the feed: `missing` of a wholesaler. */
export const missingPolicies = ['keep', 'out-of-stock', 'draft', 'delete'] as const
export type MissingPolicy = (typeof missingPolicies)[number]

/** How a product is taken out of sale; `keep` leaves the store as it is. */
export type RetireHow = Exclude<MissingPolicy, 'keep'>

/**
 * A product is taken out of sale only when two complete fetches lacked it that lie at least this far apart: a feed
 * that is being rebuilt may be short for some minutes.
 */
export const missingApartMs = 3_600_000

/** So many products may always be taken out of sale in one run, however few a wholesaler has. */
export const retireFloor = 10
/** Above the floor: this share of the wholesaler's own products that are in sale. */
export const retireShareMax = 0.2

/** Most products of a wholesaler that one run may take out of sale, where nobody named a number. */
export function defaultRetireMax(inSale: number): number {
  return Math.max(retireFloor, Math.floor(inSale * retireShareMax))
}
