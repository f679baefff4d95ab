import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import type { ImageFile } from '../../../src/core/store/store.js'

/** A file as the image phase leaves it in `tmp/`. Stores take its bytes on trust. */
export async function writeImageFile(path: string, bytes: string): Promise<ImageFile> {
  await writeFile(path, bytes)
  return {
    sha256: createHash('sha256').update(bytes).digest('hex'),
    path,
    extension: 'jpg',
    originalUrl: `https://example.com/${encodeURIComponent(bytes)}.jpg`,
    width: 10,
    height: 10,
    bytes: bytes.length,
  }
}
