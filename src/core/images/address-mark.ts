/** Short marks of image addresses: what a product was given is remembered by them, in a tenth of the room. */
import { hash } from 'node:crypto'
import { type ImageBase, normalizeUrl } from './normalize-url.js'

/** 12 characters of base64url are 72 bits: no two of a product's addresses meet. */
const markLength = 12

/** Of an address in any of its spellings; null for what is no address. */
export function addressMark(reference: string, base: ImageBase): string | null {
  const address = normalizeUrl(reference, base)
  return address.ok ? hash('sha256', address.key, 'base64url').slice(0, markLength) : null
}
