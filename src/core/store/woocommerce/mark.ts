/**
 * What we leave with a product in the shop, as meta data: whose it is, what was last written, where its images
 * came from. It survives the loss of the ledger. Meta cannot be searched, only read with its product.
 */
import type { Fingerprints } from '../../ledger/ledger.js'
import type { StoreBatch } from '../store.js'

/** Begins with `_`: the shop shows such meta nowhere. */
export const metaNames = {
  /** `<wholesaler>:<key>`; for a variation, of its product. */
  key: '_wholesaler_key',
  variant: '_wholesaler_variant',
  state: '_wholesaler_state',
  retired: '_wholesaler_retired',
  images: '_wholesaler_images',
} as const

export interface Mark {
  readonly wholesaler: string | null
  readonly key: string | null
  readonly variant: string | null
  readonly state: MarkState
  readonly retired: Retired | null
  readonly images: ImageLinks
}

/** What was last written. */
export interface MarkState {
  readonly content: string | null
  readonly offer: string | null
  /** Variations that belong to it: fewer in the shop means that the writing was interrupted. */
  readonly variants: number
  /** Batch that wrote it last, and the one that created it. */
  readonly batch: string | null
  readonly created: string | null
  /** Of a variation: hash of all that was sent. */
  readonly hash: string | null
}

/** What the missing policy replaced. */
export interface Retired {
  readonly status?: string
  readonly stock?: ShopStock
}

export interface ShopStock {
  readonly manage: boolean
  readonly quantity: number | null
  readonly status: string
}

/** `[attachment id, original address, text or null]`. */
export type ImageLink = readonly [id: number, url: string, alt: string | null]

export interface ImageLinks {
  readonly gallery: readonly ImageLink[]
  /** By variant key. */
  readonly variants: readonly (readonly [key: string, link: ImageLink])[]
}

export type MetaEntry = { readonly key: string; readonly value: string }

const blankState: MarkState = { content: null, offer: null, variants: 0, batch: null, created: null, hash: null }
const noLinks: ImageLinks = { gallery: [], variants: [] }

/** Colons of the wholesaler's name are encoded, so that the first one ends it. */
export function keyMeta(wholesaler: string, key: string): MetaEntry {
  return { key: metaNames.key, value: `${encodeURIComponent(wholesaler)}:${key}` }
}

export function variantMeta(key: string): MetaEntry {
  return { key: metaNames.variant, value: key }
}

export function stateMeta(state: Partial<MarkState>): MetaEntry {
  return { key: metaNames.state, value: JSON.stringify({ ...blankState, ...state }) }
}

export function retiredMeta(retired: Retired | null): MetaEntry {
  return { key: metaNames.retired, value: retired === null ? '' : JSON.stringify(retired) }
}

export function imagesMeta(links: ImageLinks): MetaEntry {
  return { key: metaNames.images, value: JSON.stringify(links) }
}

/** Reads the mark from meta data as the shop returns it. What cannot be read counts as not written. */
export function readMark(metaData: unknown): Mark {
  const values = new Map<string, string>()
  for (const meta of Array.isArray(metaData) ? metaData : []) {
    const { key, value } = meta as { key?: unknown; value?: unknown }
    if (typeof key === 'string' && typeof value === 'string') values.set(key, value)
  }
  const owner = values.get(metaNames.key) ?? ''
  const at = owner.indexOf(':')
  const images = parsed<Partial<ImageLinks>>(values.get(metaNames.images))
  return {
    wholesaler: at < 0 ? null : decoded(owner.slice(0, at)),
    key: at < 0 ? null : owner.slice(at + 1),
    variant: values.get(metaNames.variant) ?? null,
    state: { ...blankState, ...parsed<MarkState>(values.get(metaNames.state)) },
    retired: parsed<Retired>(values.get(metaNames.retired)),
    images: images === null ? noLinks : { gallery: images.gallery ?? [], variants: images.variants ?? [] },
  }
}

export function bearsFingerprints(
  { state }: Mark,
  { content, offer }: Pick<Fingerprints, 'content' | 'offer'>,
): boolean {
  return state.content === content && state.offer === offer
}

/**
 * Whether a product already has what this batch, or a later one of the same job, wrote: then it is read back, not
 * written again. Batches of other jobs are not compared: their numbers say nothing about time.
 */
export function hasPassed({ state }: Mark, batch: Pick<StoreBatch, 'id'>): boolean {
  const [job, number] = batchNumber(batch.id)
  const [lastJob, lastNumber] = batchNumber(state.batch ?? '')
  return job !== null && job === lastJob && lastNumber >= number
}

/** `<job>-<number>`. */
function batchNumber(id: string): readonly [job: string | null, number: number] {
  const [, job, number] = /^(.+)-(\d+)$/.exec(id) ?? []
  return [job ?? null, Number(number ?? 0)]
}

function parsed<T extends object>(text: string | undefined): T | null {
  if (text === undefined || text === '') return null
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as T) : null
  } catch {
    return null
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
