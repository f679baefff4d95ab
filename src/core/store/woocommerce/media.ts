/**
 * Images in the shop's media library. The slug of an upload carries the hash of its bytes, so the shop itself knows
 * what it has: looked up before every upload, also from a machine that never saw it. WordPress never de-duplicates.
 */
import { readFile, rm } from 'node:fs/promises'
import type { Clock } from '../../clock.js'
import { WholesalerError } from '../../errors.js'
import { ImageRefusedError } from '../refused-image.js'
import type { ImageFile, StoreImage } from '../store.js'
import type { Pacer } from './pacer.js'
import type { ShopClient } from './shop-client.js'

export interface MediaPorts {
  readonly client: ShopClient
  readonly pacer: Pacer
  readonly clock: Clock
}

/** Where a shop keeps its images. */
export interface ImageShelf {
  /** Puts an image there, once for its hash. Throws `ImageRefusedError` when the shop will not have it. */
  put(file: ImageFile): Promise<StoreImage>
  /** Which of these attachments there are. */
  present(ids: readonly number[]): Promise<ReadonlySet<number>>
}

const pageSize = 100
/** Waits before an upload of unknown end is looked for: 2, 5 and 15 s after it. */
const lookWaitsMs = [2_000, 3_000, 10_000] as const
const triesMax = 5

const types: Readonly<Record<string, string>> = {
  jpg: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
  gif: 'image/gif',
  avif: 'image/avif',
}

export class Media implements ImageShelf {
  readonly #ports: MediaPorts
  readonly #underway = new Map<string, Promise<StoreImage>>()
  #waiting: { readonly slug: string; readonly answer: (found: StoreImage | null, error?: unknown) => void }[] = []

  constructor(ports: MediaPorts) {
    this.#ports = ports
  }

  async put(file: ImageFile): Promise<StoreImage> {
    const underway = this.#underway.get(file.sha256)
    const work = underway ?? this.#putOnce(file).finally(() => this.#underway.delete(file.sha256))
    this.#underway.set(file.sha256, work)
    try {
      return { ...(await work), originalUrl: file.originalUrl }
    } finally {
      await rm(file.path, { force: true })
    }
  }

  /** Which of these attachments there are. */
  async present(ids: readonly number[]): Promise<ReadonlySet<number>> {
    const found = new Set<number>()
    for (let from = 0; from < ids.length; from += pageSize) {
      const include = ids.slice(from, from + pageSize).join(',')
      const read = await this.#ports.client.read('/wp/v2/media', { include, per_page: pageSize, _fields: 'id' })
      if (!read.ok || !Array.isArray(read.page.value))
        throw noList(read.ok ? 'the answer is no list' : read.problem.message)
      for (const { id } of read.page.value as { id?: unknown }[]) if (typeof id === 'number') found.add(id)
    }
    return found
  }

  async #putOnce(file: ImageFile): Promise<StoreImage> {
    const { client, pacer, clock } = this.#ports
    const slug = slugOf(file.sha256)
    let looks = 0
    for (let tried = 0; ; ) {
      const found = await this.#bySlug(slug)
      if (found !== null) return { ...found, sha256: file.sha256 }
      if (looks > 0 && looks < lookWaitsMs.length) {
        await clock.sleep(lookWaitsMs[looks] ?? 0)
        looks += 1
        continue
      }
      if (tried >= triesMax) throw notTaken(`it has no clear end after ${tried} tries`)
      const bytes = await readFile(file.path)
      const upload = {
        bytes,
        type: types[file.extension] ?? 'application/octet-stream',
        fileName: `${file.sha256.slice(0, 16)}.${file.extension}`,
      }
      tried += 1
      const write = await pacer.run(1, () =>
        client.upload('/wp/v2/media', upload, { slug, _fields: 'id,slug,source_url' }),
      )
      if (write.kind === 'done') {
        const image = parseImage(write.value)
        if (image !== null) return { ...image, sha256: file.sha256 }
      }
      if (write.kind === 'refused') throw new ImageRefusedError(write.problem.message)
      looks = write.kind === 'not_sent' ? 0 : 1
      await clock.sleep(('retryAfterMs' in write ? write.retryAfterMs : null) ?? lookWaitsMs[0])
    }
  }

  /** Many ask at once: their slugs go into one question. */
  #bySlug(slug: string): Promise<StoreImage | null> {
    return new Promise((resolve, reject) => {
      const answer = (found: StoreImage | null, error?: unknown) =>
        error === undefined ? resolve(found) : reject(error)
      this.#waiting.push({ slug, answer })
      if (this.#waiting.length === 1) setImmediate(() => void this.#ask())
    })
  }

  async #ask(): Promise<void> {
    const asked = this.#waiting.splice(0, pageSize)
    if (this.#waiting.length > 0) setImmediate(() => void this.#ask())
    try {
      const slugs = [...new Set(asked.map(({ slug }) => slug))].join(',')
      const read = await this.#ports.client.read('/wp/v2/media', {
        slug: slugs,
        per_page: pageSize,
        _fields: 'id,slug,source_url',
      })
      if (!read.ok || !Array.isArray(read.page.value))
        throw noList(read.ok ? 'the answer is no list' : read.problem.message)
      const found = new Map(
        read.page.value.map((value) => [(value as { slug?: unknown }).slug, parseImage(value)] as const),
      )
      for (const { slug, answer } of asked) answer(found.get(slug) ?? null)
    } catch (error: unknown) {
      for (const { answer } of asked) answer(null, error)
    }
  }
}

/** The name under which the shop finds these bytes again. */
export function slugOf(sha256: string): string {
  return `wh-${sha256}`
}

/** The hash in a slug of ours; null for any other image. WordPress gives a second one with the same slug `-2`. */
export function hashOf(slug: string): string | null {
  return /^wh-([0-9a-f]{64})(?:-\d+)?$/.exec(slug)?.[1] ?? null
}

function parseImage(value: unknown): StoreImage | null {
  const { id, slug, source_url: url } = (value ?? {}) as Record<string, unknown>
  if (typeof id !== 'number' || id <= 0) return null
  return {
    id: String(id),
    originalUrl: null,
    url: typeof url === 'string' ? url : '',
    sha256: typeof slug === 'string' ? hashOf(slug) : null,
  }
}

function noList(reason: string): WholesalerError {
  return new WholesalerError({
    kind: 'temporary',
    message: `the shop does not list its media: ${reason}`,
    hint: 'Is the WordPress REST API (wp/v2) switched on, and not changed by a plugin?',
  })
}

function notTaken(reason: string): WholesalerError {
  return new WholesalerError({
    kind: 'temporary',
    message: `the shop did not take an image: ${reason}`,
    hint: 'Try to upload one by hand in the shop (Media, Add): the folder of uploads may be full or read-only.',
  })
}
