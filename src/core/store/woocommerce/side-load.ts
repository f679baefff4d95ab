/**
 * Images without the right to upload: the shop fetches each from its address, once, into a product of its own that
 * is not for sale, and from then on it is attached by id. So a picture that the shop will not have costs no product,
 * and none is copied again with every update. That product's gallery holds the last one only: the others stay in the
 * media library.
 */
import { rm } from 'node:fs/promises'
import pLimit from 'p-limit'
import type { Clock } from '../../clock.js'
import { WholesalerError } from '../../errors.js'
import { ImageRefusedError } from '../refused-image.js'
import type { ImageFile, StoreImage } from '../store.js'
import type { LookUp } from './look-up.js'
import { type ImageShelf, slugOf } from './media.js'
import type { Pacer } from './pacer.js'
import type { ShopClient, Write } from './shop-client.js'

export interface SideLoadPorts {
  readonly client: ShopClient
  readonly pacer: Pacer
  readonly clock: Clock
  readonly lookUp: LookUp
}

/** SKU of the product that takes images in. */
export const intakeSku = 'wholesaler-image-intake'
const intake = {
  name: 'Image intake of the importer (keep)',
  sku: intakeSku,
  status: 'private',
  catalog_visibility: 'hidden',
}

/** Waits before an image is looked for whose answer was lost: 2, 5 and 15 s after it. */
const lookWaitsMs = [2_000, 3_000, 10_000] as const
const triesMax = 5

export class SideLoad implements ImageShelf {
  readonly #ports: SideLoadPorts
  /** One after another: the gallery tells which came last. */
  readonly #turn = pLimit(1)
  readonly #byHash = new Map<string, StoreImage>()
  readonly #known = new Set<number>()
  #intakeId: number | null = null

  constructor(ports: SideLoadPorts) {
    this.#ports = ports
  }

  async put(file: ImageFile): Promise<StoreImage> {
    try {
      return await this.#turn(async () => {
        const known = this.#byHash.get(file.sha256)
        const image = known ?? (await this.#load(file))
        this.#byHash.set(file.sha256, image)
        this.#known.add(Number(image.id))
        return { ...image, originalUrl: file.originalUrl }
      })
    } finally {
      await rm(file.path, { force: true })
    }
  }

  /** The shop names an attachment that it does not have when it is to be shown. */
  async present(ids: readonly number[]): Promise<ReadonlySet<number>> {
    const present = new Set(ids.filter((id) => this.#known.has(id)))
    let asked = ids.filter((id) => !present.has(id))
    await this.#turn(async () => {
      while (asked.length > 0) {
        const write = await this.#write({ images: asked.map((id) => ({ id })) })
        const missing = write.kind === 'refused' ? missingId(write.problem.message) : null
        if (write.kind === 'done') break
        if (missing === null || !asked.includes(missing)) throw unclear(reasonOf(write))
        asked = asked.filter((id) => id !== missing)
      }
    })
    for (const id of asked) {
      present.add(id)
      this.#known.add(id)
    }
    return present
  }

  async #load(file: ImageFile): Promise<StoreImage> {
    if (!/^https?:\/\//i.test(file.originalUrl)) {
      throw new ImageRefusedError('the shop can fetch only what has an address; files need images: "upload"')
    }
    const name = slugOf(file.sha256)
    for (let tried = 1; ; tried += 1) {
      const write = await this.#write({ images: [{ src: file.originalUrl, name }] })
      const loaded = write.kind === 'done' ? imageNamed(write.value, name) : null
      if (loaded !== null) return { ...loaded, sha256: file.sha256 }
      if (write.kind === 'refused') throw new ImageRefusedError(write.problem.message)
      const found = write.kind === 'unknown' ? await this.#find(name) : null
      if (found !== null) return { ...found, sha256: file.sha256 }
      if (tried >= triesMax) throw unclear(reasonOf(write))
      if (write.kind === 'not_sent') await this.#ports.clock.sleep(write.retryAfterMs ?? lookWaitsMs[0])
    }
  }

  /** The shop goes on fetching when nobody waits for it any more. */
  async #find(name: string): Promise<StoreImage | null> {
    for (const waitMs of lookWaitsMs) {
      await this.#ports.clock.sleep(waitMs)
      const read = await this.#ports.client.read(`/wc/v3/products/${this.#intakeId}`, { _fields: 'id,images' })
      const found = read.ok ? imageNamed(read.page.value, name) : null
      if (found !== null) return found
    }
    return null
  }

  async #write(fields: object): Promise<Write> {
    const { client, pacer } = this.#ports
    this.#intakeId ??= await this.#openIntake()
    const route = `/wc/v3/products/${this.#intakeId}`
    return pacer.run(1, () => client.write('PUT', route, fields, { _fields: 'id,images' }))
  }

  async #openIntake(): Promise<number> {
    const { client, lookUp, clock } = this.#ports
    for (let tried = 1; ; tried += 1) {
      const [entry] = await lookUp.bySku([intakeSku])
      if (entry !== undefined) return entry.id
      if (tried > lookWaitsMs.length) throw unclear('the product that takes images in could not be made')
      await client.write('POST', '/wc/v3/products', intake, { _fields: 'id' })
      const [made] = await lookUp.bySku([intakeSku])
      if (made !== undefined) return made.id
      await clock.sleep(lookWaitsMs[tried - 1] ?? 0)
    }
  }
}

function imageNamed(value: unknown, name: string): StoreImage | null {
  const { images } = (value ?? {}) as { images?: unknown }
  for (const image of Array.isArray(images) ? images : []) {
    const { id, src, name: own } = image as { id?: unknown; src?: unknown; name?: unknown }
    if (typeof id === 'number' && own === name) {
      return { id: String(id), originalUrl: null, url: typeof src === 'string' ? src : '', sha256: null }
    }
  }
  return null
}

/** `#99 is an invalid image ID.` (recorded). */
function missingId(message: string): number | null {
  const id = /#(\d+)/.exec(message)?.[1]
  return id === undefined ? null : Number(id)
}

function reasonOf(write: Write): string {
  if (write.kind === 'refused') return write.problem.message
  return write.kind === 'done' ? 'its answer does not name the image' : write.reason
}

function unclear(reason: string): WholesalerError {
  return new WholesalerError({
    kind: 'temporary',
    message: `the shop does not take images in: ${reason}`,
    hint: 'What was finished is kept. Run the import again.',
  })
}
