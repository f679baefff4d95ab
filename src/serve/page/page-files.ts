/**
 * The files of the page at `/`: an allow list, read once. Nothing outside of it can be named, whatever a path says.
 *
 * Addresses below `/assets/` are those of the files below `dist/`, so that a module finds another by the same
 * relative name in the sources, in the build and in the browser.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { extname, join, relative, sep } from 'node:path'
import { packageRoot } from '../../core/package-files.js'

export interface PageFile {
  /** For `Content-Type`. */
  readonly type: string
  readonly body: Buffer
}

/** Browsers run what was built, also when this file is run from its source. */
const builtFolder = join(packageRoot, 'dist')

const pageFolders = ['serve/page/browser', 'serve/page/static']
/** What the page shares with the terminal. */
const sharedFiles = ['cli/figures.js', 'cli/progress/pace.js']
const startFile = 'serve/page/static/index.html'

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

let loaded: ReadonlyMap<string, PageFile> | null = null

/** `path` as in the request line, without the query. Null when the page has no such file. */
export function pageFile(path: string): PageFile | null {
  loaded ??= load()
  return loaded.get(path) ?? null
}

function load(): ReadonlyMap<string, PageFile> {
  const names = [...pageFolders.flatMap(filesBelow), ...sharedFiles]
  const files = names.flatMap((name): [string, PageFile][] => {
    const type = types[extname(name)]
    if (type === undefined) return []
    const path = name === startFile ? '/' : `/assets/${name}`
    return [[path, { type, body: readFileSync(join(builtFolder, name)) }]]
  })
  return new Map(files)
}

/** Names relative to the built folder, with slashes. */
function filesBelow(folder: string): string[] {
  return readdirSync(join(builtFolder, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(builtFolder, join(entry.parentPath, entry.name)).split(sep).join('/'))
}
