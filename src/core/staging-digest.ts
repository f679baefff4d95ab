import { createHash } from 'node:crypto'
import { mappingDigest } from './product/mapping-digest.js'
import type { Wholesaler } from './wholesaler.js'

/** Hash of what the operator can change: the mapping, and how the feed is read. */
export function configDigest(wholesaler: Wholesaler): string {
  return digestWith(wholesaler, [])
}

/** Hash of everything that shapes staging besides the bytes of the feed: mapping, how it is read, the second file. */
export function stagingDigest(wholesaler: Wholesaler, secondSha256: string | undefined): string {
  const { second } = wholesaler
  return digestWith(wholesaler, second === undefined ? [] : [secondSha256, Object.entries(second.hints).sort()])
}

function digestWith({ mapping, hints }: Wholesaler, joined: readonly unknown[]): string {
  return createHash('sha256')
    .update(JSON.stringify([mappingDigest(mapping), Object.entries(hints).sort(), ...joined]))
    .digest('base64url')
}
