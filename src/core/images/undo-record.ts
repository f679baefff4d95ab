/** What `images dedupe` writes down before it changes anything, so that it can be taken back. */
import { z } from 'zod'
import { WholesalerError } from '../errors.js'

const attachment = z.strictObject({ imageId: z.string(), originalUrl: z.string(), alt: z.string().exactOptional() })
const images = z.strictObject({ gallery: z.array(attachment), variants: z.record(z.string(), attachment) })

const undoRecord = z.strictObject({
  what: z.literal('wholesaler images dedupe'),
  version: z.literal(1),
  /** Identity of the store. */
  store: z.string(),
  /** Unix ms. */
  madeAt: z.number(),
  products: z.array(z.strictObject({ id: z.string(), before: images, after: images })),
  /** Bytes that lead to another image now. */
  library: z.array(z.strictObject({ sha256: z.string(), from: z.string(), to: z.string() })),
  /** Images that are deleted, with a copy of each in the folder beside the record. */
  removed: z.array(
    z.strictObject({
      id: z.string(),
      sha256: z.string(),
      extension: z.string(),
      width: z.number(),
      height: z.number(),
      bytes: z.number(),
      originalUrl: z.string(),
      /** Name of the copy. */
      file: z.string().regex(/^[0-9a-f]{64}\.[a-z0-9]{1,8}$/),
    }),
  ),
})

export type UndoRecord = z.infer<typeof undoRecord>

/** Reads a record. Throws `usage` for a file that is none, or belongs to another store. */
export function parseUndoRecord(text: string, file: string, store: string): UndoRecord {
  let parsed: UndoRecord
  try {
    parsed = undoRecord.parse(JSON.parse(text))
  } catch (error: unknown) {
    throw noUndoFile('this is no undo file of images dedupe', file, error)
  }
  if (parsed.store !== store) throw noUndoFile('this undo file belongs to another store', file)
  return parsed
}

/** The error for a file that nothing can be undone by. */
export function noUndoFile(message: string, file: string, cause?: unknown): WholesalerError {
  return new WholesalerError({
    kind: 'usage',
    message,
    hint: 'images dedupe names its undo file when it ends; they are in the undo folder of the state.',
    place: { file },
    cause,
  })
}
