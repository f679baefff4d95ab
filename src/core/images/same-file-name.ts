/**
 * Finds pictures of a product again by their file name, when their address tells nothing: images that
 * another tool imported into the shop, or a wholesaler whose files moved to another host. A name is weak
 * evidence (`1.jpg`), so whatever is not beyond doubt is no match: the bytes will decide after a download.
 */
import type { StoreImage } from '../store/store.js'
import type { WantedImage } from './image.js'
import { type ImageBase, normalizeUrl } from './normalize-url.js'

/** Extensions of picture files; a script's name (`image.php`) says nothing about the picture. */
const pictureName = /\.(?:jpe?g|png|gif|webp|avif|tiff?|bmp)$/

/** What WordPress appends to the copy of a big or turned picture, and to each of its smaller ones. */
const sizeSuffix = /(?:-scaled|-rotated|-\d{1,5}x\d{1,5})+$/

/** What WordPress appends when a file of that name is there already: a counter from 1. */
const counterSuffix = /-\d{1,2}$/

export interface NameFacts {
  readonly wanted: readonly WantedImage[]
  readonly existing: readonly StoreImage[]
  /** What each wanted picture was recognised as by its address, in the order of `wanted`. */
  readonly found: readonly (StoreImage | null)[]
  readonly base: ImageBase
}

/**
 * Wanted pictures that the product has under the same file name. Only when exactly one wanted and one
 * existing picture bear it, when the existing one was not recognised by its address already, and when
 * its own origin does not speak against it: unknown, or the same path on another host.
 */
export function sameFileName({ wanted, existing, found, base }: NameFacts): ReadonlyMap<WantedImage, StoreImage> {
  const matches = new Map<WantedImage, StoreImage>()
  if (existing.length === 0) return matches
  const recognised = new Set(found)
  const wantedNames = wanted.map(({ address }) => (address.ok ? fileName(address.key) : null))
  const wantedStems = countOf(wantedNames.map((name) => (name === null ? null : stemOf(name))))
  const names = existing.map((image) => fileName(image.originalUrl ?? image.url))
  const stems = names.map((name) => (name === null ? null : stemOf(name)))
  const existingStems = countOf(stems)

  for (const [index, item] of wanted.entries()) {
    const name = wantedNames[index] ?? null
    if (name === null || found[index] != null) continue
    const stem = stemOf(name)
    if (wantedStems.get(stem) !== 1 || existingStems.get(stem) !== 1) continue
    const position = stems.indexOf(stem)
    const [candidate, candidateName] = [existing[position], names[position]]
    if (candidate === undefined || candidateName == null || recognised.has(candidate)) continue
    if (isCopyOf(candidateName, name) && mayComeFrom(candidate, item, base)) matches.set(item, candidate)
  }
  return matches
}

/** Last part of the path, as WordPress would name it, or null when it is not the name of a picture. */
function fileName(address: string): string | null {
  const path = address.replace(/[?#].*$/s, '')
  const last = path.slice(path.lastIndexOf('/') + 1)
  let name = last
  try {
    name = decodeURIComponent(last)
  } catch {
    // Not percent-encoded text: the name is taken as it stands.
  }
  name = name.toLowerCase().replace(/[\s+]+/g, '-')
  return pictureName.test(name) ? name : null
}

function stemOf(name: string): string {
  const { stem, extension } = split(name)
  return `${stem.replace(sizeSuffix, '').replace(counterSuffix, '')}${extension}`
}

/** A counter is the shop's doing only on the shop's side: a wholesaler's `shoe-1.jpg` is its first picture. */
function isCopyOf(existing: string, wanted: string): boolean {
  const withoutSize = (name: string): string => {
    const { stem, extension } = split(name)
    return `${stem.replace(sizeSuffix, '')}${extension}`
  }
  const [mine, theirs] = [withoutSize(existing), withoutSize(wanted)]
  return mine === theirs || stemOf(existing) === theirs
}

function mayComeFrom(candidate: StoreImage, { address }: WantedImage, base: ImageBase): boolean {
  if (candidate.originalUrl === null) return true
  const origin = normalizeUrl(candidate.originalUrl, base)
  if (!origin.ok || !address.ok || origin.kind !== 'url' || address.kind !== 'url') return false
  return pathAndQuery(origin.key) === pathAndQuery(address.key)
}

function pathAndQuery(key: string): string {
  return key.replace(/^https?:\/\/[^/]*/, '')
}

function split(name: string): { readonly stem: string; readonly extension: string } {
  const dot = name.lastIndexOf('.')
  return { stem: name.slice(0, dot), extension: name.slice(dot) }
}

function countOf(names: readonly (string | null)[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const name of names) {
    if (name !== null) counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return counts
}
