/** What `export --json` says about the file it wrote. */
import { type DocumentHead, documentHead } from './document.js'

export interface ExportDocument extends DocumentHead {
  /** Absolute path. */
  readonly file: string
  readonly bytes: number
}

export function exportDocument({ path, bytes }: { readonly path: string; readonly bytes: number }): ExportDocument {
  return { ...documentHead(true), file: path, bytes }
}
