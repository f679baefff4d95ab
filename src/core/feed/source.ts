/** Where a feed comes from, as typed by the operator; see `snapshot.ts` for how it is fetched. */
import { basename, dirname, extname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { WholesalerError, withoutSecrets } from '../errors.js'
import { parseUrl } from '../parse-url.js'

export type FeedSource =
  /** Absolute path. */
  | { readonly kind: 'file'; readonly path: string }
  /** http or https; may carry a login or a key, so it is shown by `describeSource` only. */
  | { readonly kind: 'url'; readonly url: string }
  /** `copy`: sha256 of what stdin gave, kept with the job; without it, the process's own stdin is read. */
  | { readonly kind: 'stdin'; readonly copy?: string }

/** Extensions that say how a feed is written or packed, not what it is. */
const feedExtensions: ReadonlySet<string> = new Set(
  '.csv .tsv .tab .txt .xml .yml .rss .atom .json .ndjson .jsonl .gz .gzip .zip .part'.split(' '),
)

/** Two letters at least, so that `C:/feeds` is a path. */
const scheme = /^[a-z][a-z\d+.-]+:(?=\/\/)/i

/**
 * Reads a SOURCE: `-` is stdin, http(s) and file URLs are what they say, all else is a path relative to `cwd`.
 * Whether it names a configured wholesaler is for the caller to find out first. Throws `usage` for other protocols
 * and for what is neither a path nor a URL. Opens nothing.
 */
export function parseSource(source: string, cwd: string): FeedSource {
  if (source === '-') return { kind: 'stdin' }
  const protocol = scheme.exec(source)?.[0].toLowerCase()
  if (protocol === 'http:' || protocol === 'https:') {
    if (parseUrl(source) === null) throw usage('the feed is not a valid URL', 'Check the address for typing errors.')
    return { kind: 'url', url: source }
  }
  if (protocol === 'file:') return { kind: 'file', path: fromFileUrl(source) }
  if (protocol !== undefined) {
    throw usage(`feeds cannot be fetched by ${protocol}//`, 'Use an http or https URL, a file, or - for stdin.')
  }
  if (source.trim() === '' || source.includes('\0')) throw usage('the feed is neither a file nor a URL')
  return { kind: 'file', path: resolve(cwd, source) }
}

/**
 * The name of a wholesaler that nobody named: the file name without folder and extensions (`offer.csv.gz` is
 * `offer`), or host and path of the URL, never its query. Throws `usage` for stdin, which has no name.
 */
export function adHocName(source: FeedSource): string {
  switch (source.kind) {
    case 'file':
      return withoutExtensions(basename(source.path))
    case 'url': {
      const { host, pathname } = new URL(source.url)
      return `${host}${pathname}`.replace(/\/+$/, '')
    }
    case 'stdin':
      throw usage('a feed from stdin has no name', 'Name its wholesaler: --as NAME')
  }
  source satisfies never
}

/**
 * What an ad-hoc name is bound to: the same name from another folder or host means another wholesaler. Null for
 * stdin, whose name was given on purpose.
 */
export function sourceOrigin(source: FeedSource): string | null {
  switch (source.kind) {
    case 'file':
      return dirname(source.path)
    case 'url':
      return new URL(source.url).host
    case 'stdin':
      return null
  }
  source satisfies never
}

/** The source fit for messages and documents: without login and query. */
export function describeSource(source: FeedSource): string {
  switch (source.kind) {
    case 'file':
      return source.path
    case 'url':
      return withoutSecrets(source.url)
    case 'stdin':
      return 'stdin'
  }
  source satisfies never
}

function withoutExtensions(fileName: string): string {
  let name = fileName
  for (let extension = extname(name); feedExtensions.has(extension.toLowerCase()); extension = extname(name)) {
    name = name.slice(0, -extension.length)
  }
  // An extension nobody knows is one nevertheless; more of them belong to the name (`offer.v2.dat`).
  return name === fileName ? name.slice(0, name.length - extname(name).length) : name
}

function fromFileUrl(url: string): string {
  try {
    return fileURLToPath(url)
  } catch (error: unknown) {
    throw usage('the file URL names no file on this machine', 'Give the path instead.', error)
  }
}

function usage(message: string, hint?: string, cause?: unknown): WholesalerError {
  return new WholesalerError({ kind: 'usage', message, ...(hint ? { hint } : {}), ...(cause ? { cause } : {}) })
}
