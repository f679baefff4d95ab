/** A fresh folder in which the built program is run as a person would. */
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { parse } from 'csv-parse/sync'
import type { ImportDocument, ImportFeedFields } from '../../src/cli/documents.js'
import { type Finished, runCli } from '../cli/run-cli.js'
import { inTempDir } from '../support/temp-dir.js'

/** What `import --json` printed. `feed` is the only feed; looking at it fails the test when there is none. */
export interface ImportAnswer extends ImportDocument {
  readonly code: number | null
  readonly stderr: string
  readonly feed: ImportFeedFields
}

export type ExportedRow = Readonly<Record<string, string>>

export interface Workplace {
  readonly dir: string
  path(name: string): string
  /** Writes a file below the folder and returns its path. */
  write(name: string, content: string | Uint8Array): Promise<string>
  run(...args: string[]): Promise<Finished>
  /** `import … --json`. Throws when stdout is not exactly one document. */
  importJson(...args: string[]): Promise<ImportAnswer>
  /** Rows of `export`, by SKU. */
  catalog(): Promise<ReadonlyMap<string, ExportedRow>>
}

export async function inWorkplace<T>(body: (workplace: Workplace) => Promise<T>): Promise<T> {
  return await inTempDir(async (dir) => {
    const run = (...args: string[]) => runCli(args, { cwd: dir })
    return await body({
      dir,
      path: (name) => join(dir, name),
      write: async (name, content) => {
        const file = join(dir, name)
        await mkdir(dirname(file), { recursive: true })
        await writeFile(file, content)
        return file
      },
      run,
      importJson: async (...args) => answerOf(await run('import', ...args, '--json')),
      catalog: async () => {
        const { stdout } = await run('export')
        const rows = parse<ExportedRow>(stdout, { columns: true, bom: true })
        return new Map(rows.map((row) => [row.SKU ?? '', row]))
      },
    })
  })
}

export function answerOf({ code, stdout, stderr }: Finished): ImportAnswer {
  const document: ImportDocument = JSON.parse(stdout)
  return {
    ...document,
    code,
    stderr,
    get feed() {
      if (document.feed !== undefined) return document.feed
      throw new Error(`no feed in the answer: ${stdout} ${stderr}`)
    },
  }
}

/** A small CSV feed: a row for each SKU. */
export function csvFeed(skus: readonly string[], { price = '10.00' }: { readonly price?: string } = {}): string {
  return `sku,name,price\n${skus.map((sku) => `${sku},Product ${sku},${price}\n`).join('')}`
}

/** SKUs `A00000`, `A00001` … */
export function skus(count: number, letter = 'A'): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${letter}${String(index).padStart(5, '0')}`)
}
