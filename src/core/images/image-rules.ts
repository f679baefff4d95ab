/** What a wholesaler's config says about its images. */

export const removedRules = ['keep', 'detach', 'delete'] as const
export const animatedRules = ['keep', 'first-frame'] as const
export const svgRules = ['refuse', 'rasterize'] as const

export interface DecodeRules {
  /** Moving GIF and WebP: as they are, or as a still picture of their first frame. */
  readonly animated: (typeof animatedRules)[number]
  /** Drawings are programs: refused, or drawn here, so that only their picture reaches the shop. */
  readonly svg: (typeof svgRules)[number]
}

export interface ImageRules extends DecodeRules {
  /**
   * What becomes of an image of a product when the feed does not name it any more: it stays; the product does not show
   * it any more; or it is deleted besides, unless anything else shows it. Concerns only images that this wholesaler
   * gave to this product.
   */
  readonly removed: (typeof removedRules)[number]
}

export const defaultImageRules: ImageRules = { removed: 'keep', animated: 'keep', svg: 'refuse' }
