/** The images of the store in memory, with their bytes. */
import { readFile, rm } from 'node:fs/promises'
import type { ImageFile, StoreId, StoreImage } from './store.js'

/** An image as it was put, without its file. */
type Form = Omit<ImageFile, 'path' | 'originalUrl'>

interface MemoryImage {
  readonly image: StoreImage
  readonly form: Form
  /** Null when they were lost. */
  data: Buffer | null
}

export class MemoryImages {
  readonly #images = new Map<StoreId, MemoryImage>()
  #lastId = 0

  /** In the order in which they came; lost ones too. */
  get all(): readonly MemoryImage[] {
    return [...this.#images.values()]
  }

  get(id: StoreId): StoreImage | undefined {
    const found = this.#images.get(id)
    return found === undefined || found.data === null ? undefined : found.image
  }

  async put(file: ImageFile): Promise<StoreImage> {
    const data = await take(file)
    const known = this.all.find(({ form }) => form.sha256 === file.sha256)
    if (known !== undefined && known.data !== null) return known.image
    // One that was lost comes back under another id, as in shops where a file is uploaded again.
    if (known !== undefined) this.#images.delete(known.image.id)
    this.#lastId += 1
    return this.#set(String(this.#lastId), file, data)
  }

  async replace(id: StoreId, file: ImageFile): Promise<StoreImage | null> {
    const known = this.#images.get(id)
    if (known === undefined) return null
    const { sha256 } = known.form
    return this.#set(id, { ...file, sha256, originalUrl: known.image.originalUrl ?? '' }, await take(file))
  }

  remove(id: StoreId): boolean {
    return this.#images.delete(id)
  }

  lose(id: StoreId): void {
    const known = this.#images.get(id)
    if (known !== undefined) known.data = null
  }

  read(id: StoreId): Buffer | null {
    return this.#images.get(id)?.data ?? null
  }

  #set(id: StoreId, { path, originalUrl, ...form }: ImageFile, data: Buffer): StoreImage {
    const { sha256, extension } = form
    const image = { id, originalUrl, url: `${sha256.slice(0, 2)}/${sha256}.${extension}`, sha256 }
    this.#images.set(id, { image, form, data })
    return image
  }
}

/** The store takes the file away, as others move it. */
async function take({ path }: ImageFile): Promise<Buffer> {
  const data = await readFile(path)
  await rm(path, { force: true })
  return data
}
