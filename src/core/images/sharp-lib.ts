/** The image library, loaded when the first image comes: most runs have none, and it takes 50 ms and 20 MB. */
import type sharpModule from 'sharp'

let loading: Promise<typeof sharpModule> | undefined

/** One thread per image, no cache: images come once, and several are under way at a time. */
export function loadSharp(): Promise<typeof sharpModule> {
  loading ??= import('sharp').then(({ default: sharp }) => {
    sharp.concurrency(1)
    sharp.cache(false)
    return sharp
  })
  return loading
}
