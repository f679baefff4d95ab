/**
 * Looks through all images of a store: what is there twice, what nobody shows, what is gone, what is too
 * large. Reads only; what it found out about an image (its perceptual hash) is kept in the library.
 */
import { createHash } from 'node:crypto'
import pLimit from 'p-limit'
import type { Store, StoredImage, StoreId, StrayFile } from '../store/store.js'
import { colorDifference } from './color-sketch.js'
import { exactKey, gatherGroups, keepFirst } from './image-groups.js'
import type { ImageLibrary } from './library.js'
import type { Looks } from './look.js'
import { nearColorMax, nearPairs } from './near-duplicate.js'
import { sideMax } from './recipe.js'

/** Bytes above which an image is oversized: a page of ten of them takes more than 10 MB. */
export const oversizedBytes = 1_000_000

export interface AuditedImage extends StoredImage {
  /** Null when its file is gone or cannot be decoded. */
  readonly perceptualHash: string | null
}

/** Images that are the same picture; the first is the one to keep. */
export interface DuplicateGroup {
  readonly images: readonly AuditedImage[]
  /** Most differing bits between the first and another one; 0 when they are exactly equal. */
  readonly distance: number
}

export interface ImageAudit {
  /** Every image that was looked at. */
  readonly all: readonly AuditedImage[]
  readonly images: number
  readonly bytes: number
  /** Products that show at least one. */
  readonly products: number
  /** The same bytes as downloaded, or the same bytes as shown. */
  readonly exact: readonly DuplicateGroup[]
  /** The same picture to the eye: shape, greys and colours; for people to judge. */
  readonly near: readonly DuplicateGroup[]
  /** Shown by no product. */
  readonly orphans: readonly AuditedImage[]
  /** Their file is gone. */
  readonly missing: readonly AuditedImage[]
  /** Their file is no picture any more. */
  readonly damaged: readonly AuditedImage[]
  readonly oversized: readonly AuditedImage[]
  /** Files that no image names. */
  readonly stray: readonly StrayFile[]
  /** Images of the store that the library does not know: products that want them would fetch them again. */
  readonly unknown: number
}

export interface AuditPorts {
  readonly store: Pick<Store, 'listImages' | 'readImage' | 'strayFiles'>
  readonly library: Pick<ImageLibrary, 'findByHash' | 'describe'>
  readonly looks: Pick<Looks, 'hash' | 'colors'>
  readonly signal: AbortSignal
  /** Called with the number of images looked at. */
  readonly onProgress?: (images: number) => void
}

const pageSize = 100
/** Pictures looked at at once: enough to keep the decoders busy. */
const decodesMax = 16

/** Audits the whole store. Throws the signal's reason when it is aborted. */
export async function auditImages(ports: AuditPorts): Promise<ImageAudit> {
  const seen: AuditedImage[] = []
  let unknown = 0
  for await (const page of pagesOf(ports)) {
    for (const { image, isKnown } of await lookAt(page, ports)) {
      seen.push(image)
      if (!isKnown) unknown += 1
    }
    ports.onProgress?.(seen.length)
  }
  const present = seen.filter((image) => image.present)
  const exact = await findExact(present, ports)
  const doubles = new Set(exact.flatMap(({ images }) => images.slice(1)))
  return {
    all: seen,
    images: seen.length,
    bytes: bytesOf(seen),
    products: new Set(seen.flatMap(({ uses }) => uses.map(({ productId }) => productId))).size,
    exact,
    near: await findNear(
      present.filter((image) => !doubles.has(image)),
      ports,
    ),
    orphans: seen.filter(({ uses }) => uses.length === 0),
    missing: seen.filter((image) => !image.present),
    damaged: present.filter((image) => image.perceptualHash === null),
    oversized: present.filter(isOversized),
    stray: await ports.store.strayFiles(),
    unknown,
  }
}

/** The part of an audit that concerns one product. */
export function auditOf(audit: ImageAudit, productId: StoreId): ImageAudit {
  const isShown = ({ uses }: AuditedImage) => uses.some((use) => use.productId === productId)
  const hasShown = ({ images }: DuplicateGroup) => images.some(isShown)
  const all = audit.all.filter(isShown)
  return {
    ...audit,
    all,
    images: all.length,
    bytes: bytesOf(all),
    products: 1,
    exact: audit.exact.filter(hasShown),
    near: audit.near.filter(hasShown),
    orphans: [],
    missing: audit.missing.filter(isShown),
    damaged: audit.damaged.filter(isShown),
    oversized: audit.oversized.filter(isShown),
    stray: [],
  }
}

/** All images of a store, page by page. */
export async function* pagesOf({
  store,
  signal,
}: {
  readonly store: Pick<Store, 'listImages'>
  readonly signal: AbortSignal
}): AsyncGenerator<readonly StoredImage[]> {
  for (let after: StoreId | null = null; ; ) {
    signal.throwIfAborted()
    const page: readonly StoredImage[] = await store.listImages({ size: pageSize, after })
    const last = page.at(-1)
    if (last === undefined) return
    yield page
    after = last.id
  }
}

interface Looked {
  readonly image: AuditedImage
  readonly isKnown: boolean
}

async function lookAt(page: readonly StoredImage[], ports: AuditPorts): Promise<readonly Looked[]> {
  const limit = pLimit(decodesMax)
  return Promise.all(page.map((image) => limit(() => lookAtOne(image, ports))))
}

async function lookAtOne(image: StoredImage, { store, library, looks, signal }: AuditPorts): Promise<Looked> {
  signal.throwIfAborted()
  const known = image.sha256 === null ? null : await library.findByHash(image.sha256)
  const isKnown = known !== null && known.storeId === image.id
  if (!image.present) return { image: { ...image, perceptualHash: null }, isKnown }
  const hash = (isKnown ? known.perceptualHash : null) ?? (await hashOf(image.id, { store, looks }))
  if (isKnown && hash !== null && known.perceptualHash === null) {
    await library.describe(known.sha256, { perceptualHash: hash })
  }
  return { image: { ...image, perceptualHash: hash }, isKnown }
}

/** Null when its file is gone or cannot be decoded. */
export async function hashOf(
  id: StoreId,
  { store, looks }: { readonly store: Pick<Store, 'readImage'>; readonly looks: Pick<Looks, 'hash'> },
): Promise<string | null> {
  const data = await store.readImage(id)
  return data === null ? null : await looks.hash(data)
}

/** Bytes of shown forms are read only where two have the same size: others cannot be equal. */
async function findExact(images: readonly AuditedImage[], { store, signal }: AuditPorts): Promise<DuplicateGroup[]> {
  const sameSize = new Map<string, AuditedImage[]>()
  for (const image of images) {
    const size = `${image.bytes} ${image.width}x${image.height} ${image.perceptualHash}`
    sameSize.set(size, [...(sameSize.get(size) ?? []), image])
  }
  const pairs: { one: AuditedImage; other: AuditedImage; distance: number }[] = []
  const first = new Map<string, AuditedImage>()
  const note = (key: string, image: AuditedImage) => {
    const one = first.get(key)
    if (one === undefined) first.set(key, image)
    else pairs.push({ one, other: image, distance: 0 })
  }
  for (const image of images) if (image.sha256 !== null) note(exactKey('downloaded', image.sha256), image)
  for (const group of sameSize.values()) {
    if (group.length === 1) continue
    for (const image of group) {
      signal.throwIfAborted()
      const data = await store.readImage(image.id)
      if (data !== null) note(exactKey('shown', createHash('sha256').update(data).digest('hex')), image)
    }
  }
  return gatherGroups(pairs).map((group) => keepFirst(group, 'most shown'))
}

async function findNear(
  images: readonly AuditedImage[],
  { store, looks, signal }: AuditPorts,
): Promise<DuplicateGroup[]> {
  const comparable = images.flatMap((image) => {
    const { perceptualHash: hash, width, height } = image
    return hash === null || width === null || height === null ? [] : [{ image, perceptualHash: hash, width, height }]
  })
  const sketches = new Map<StoreId, Promise<Buffer | null>>()
  const sketchOf = ({ id }: AuditedImage): Promise<Buffer | null> => {
    const sketch = sketches.get(id) ?? store.readImage(id).then((data) => (data === null ? null : looks.colors(data)))
    sketches.set(id, sketch)
    return sketch
  }
  const pairs: { one: AuditedImage; other: AuditedImage; distance: number }[] = []
  for (const { one, other, distance } of nearPairs(comparable)) {
    signal.throwIfAborted()
    const [a, b] = [await sketchOf(one.image), await sketchOf(other.image)]
    if (a === null || b === null || colorDifference(a, b) > nearColorMax) continue
    pairs.push({ one: one.image, other: other.image, distance })
  }
  return gatherGroups(pairs).map((group) => keepFirst(group, 'largest'))
}

function bytesOf(images: readonly StoredImage[]): number {
  return images.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0)
}

function isOversized({ width, height, bytes }: StoredImage): boolean {
  return Math.max(width ?? 0, height ?? 0) > sideMax || (bytes ?? 0) > oversizedBytes
}
