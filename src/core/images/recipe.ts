/** What is known of `processImage` without loading what it works with. */

/** Version of what `processImage` makes; raised with every change of it, for `images reprocess`. */
export const RECIPE_VERSION = 1

/** Longest side in pixels: sharp on the zoomed view of a high-density screen, a tenth of a camera's bytes. */
export const sideMax = 2048
