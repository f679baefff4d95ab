import { dirname } from 'node:path'
import type { FeedSource } from '../feed/source.js'
import type { ImageBase } from './normalize-url.js'

/**
 * What image references of a feed are relative to: its folder and the configured roots; for a feed from the
 * web its address, unless roots say that the pictures are here.
 */
export function imageBase(source: FeedSource, imageRoots: readonly string[]): ImageBase {
  if (source.kind === 'file') return { folders: [dirname(source.path), ...imageRoots], url: null }
  if (source.kind === 'stdin' || imageRoots.length > 0) return { folders: imageRoots, url: null }
  const url = new URL(source.url)
  // The login is the feed's; it would be kept with every picture's address.
  url.username = ''
  url.password = ''
  return { folders: [], url: url.href }
}
