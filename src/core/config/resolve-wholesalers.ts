/** From what was typed and what is configured to wholesalers that are ready to be imported. */
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { messageOf, WholesalerError } from '../errors.js'
import type { FeedFormat, FeedHints } from '../feed/feed.js'
import { adHocName, type FeedSource, parseSource, sourceOrigin } from '../feed/source.js'
import { defaultImageRules } from '../images/image-rules.js'
import { defaultGuards, type Guards, type Wholesaler } from '../wholesaler.js'
import type { Config, FileConfig, SecretRef, WholesalerConfig } from './config.js'

/** What a command line may say about the feed. */
export interface SourceRequest {
  /** SOURCE; null = every configured wholesaler. */
  readonly source: string | null
  readonly as: string | null
  readonly preset: string | null
  readonly format: FeedFormat | null
  readonly lenient: boolean
}

export interface Surroundings {
  /** Folder that relative paths of the command line start from. */
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
}

/**
 * Resolves SOURCE: a configured name is that wholesaler, anything else a file, `-` or a URL. `--as` with a
 * configured name takes that wholesaler's mapping for this source. Throws `usage` and `config`.
 */
export function resolveWholesalers(
  config: Config,
  request: SourceRequest,
  around: Surroundings,
): readonly Wholesaler[] {
  const { source, as } = request
  const configured = (name: string): WholesalerConfig | undefined =>
    Object.hasOwn(config.wholesalers, name) ? config.wholesalers[name] : undefined

  if (source === null) {
    if (as !== null)
      throw usage('--as names the wholesaler of a SOURCE, and no SOURCE is given', 'Add the feed: a file, a URL or -.')
    return allConfigured(config, request, around)
  }
  const named = configured(source)
  if (named !== undefined && as === null)
    return [fromConfig(source, named, configuredSource(config, named), config, request, around)]

  const feed = parseSource(source, around.cwd)
  const mapping = as === null ? undefined : configured(as)
  if (as !== null && mapping !== undefined) return [fromConfig(as, mapping, feed, config, request, around)]
  // A name that was said is meant: only a name taken from the source is bound to where the source is.
  return [as === null ? adHoc(adHocName(feed), feed, sourceOrigin(feed), request) : adHoc(as, feed, null, request)]
}

function allConfigured(config: Config, request: SourceRequest, around: Surroundings): readonly Wholesaler[] {
  const all = Object.entries(config.wholesalers)
  if (all.length === 0) {
    throw usage(
      'there is nothing to import: no SOURCE is given and no wholesaler is configured',
      'Name a feed, for example `wholesaler import products.csv`, or write a wholesaler.config.js.',
    )
  }
  return all.map(([name, wholesaler]) =>
    fromConfig(name, wholesaler, configuredSource(config, wholesaler), config, request, around),
  )
}

function configuredSource({ path }: Config, { feed }: WholesalerConfig): FeedSource {
  return parseSource(feed, path === null ? process.cwd() : dirname(path))
}

function fromConfig(
  name: string,
  configured: WholesalerConfig,
  source: FeedSource,
  { path }: Config,
  request: SourceRequest,
  { env }: Surroundings,
): Wholesaler {
  const { file, rest } = withoutFile(configured)
  const { takeover, rejects, images, join, missing, guards, ...mapping } = rest
  const { roots, ...imageRules } = images
  const folder = path === null ? process.cwd() : dirname(path)
  const hints = hintsOf({ ...file, format: request.format ?? file.format, lenient: request.lenient || file.lenient })
  const second = join === undefined ? null : withoutFile(join)
  const joined = second === null ? {} : { join: second.rest }
  const said = request.preset === null ? {} : { preset: request.preset }
  return {
    name,
    source,
    origin: null,
    headers: resolveHeaders(name, configured.headers, folder, env),
    hints,
    ...(second === null || join === undefined
      ? {}
      : {
          second: {
            source: parseSource(join.feed, folder),
            headers: resolveHeaders(`${name}.join`, join.headers, folder, env),
            hints: hintsOf({ ...second.file, lenient: request.lenient || second.file.lenient }),
          },
        }),
    mapping: { ...mapping, ...joined, ...said },
    takeover,
    rejectsMax: rejects.max ?? null,
    missing,
    guards: toGuards(guards),
    imageRoots: roots.map((root) => resolve(folder, root)),
    imageRules,
  }
}

/** Apart: how a file is read, and the rest. */
function withoutFile<T extends FileConfig>(configured: T) {
  const {
    feed: _feed,
    headers: _headers,
    format,
    encoding,
    delimiter,
    quote,
    member,
    record,
    lenient,
    ...rest
  } = configured
  return { file: { format, encoding, delimiter, quote, member, record, lenient }, rest }
}

function adHoc(
  name: string,
  source: FeedSource,
  origin: string | null,
  { preset, format, lenient }: SourceRequest,
): Wholesaler {
  return {
    name,
    source,
    origin,
    headers: {},
    hints: hintsOf({ format: format ?? undefined, lenient }),
    mapping: preset === null ? {} : { preset },
    takeover: false,
    rejectsMax: null,
    missing: 'keep',
    guards: defaultGuards,
    imageRoots: [],
    imageRules: defaultImageRules,
  }
}

function toGuards(said: WholesalerConfig['guards']): Guards {
  const named = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined))
  return { ...defaultGuards, ...named }
}

/** Hints without the fields that nobody said, so that equal hints are equal text. */
function hintsOf(hints: { readonly [Name in keyof FeedHints]: FeedHints[Name] | undefined }): FeedHints {
  return Object.fromEntries(
    Object.entries(hints).filter(([, value]) => value !== undefined && value !== false),
  ) as FeedHints
}

function resolveHeaders(
  name: string,
  headers: WholesalerConfig['headers'],
  folder: string,
  env: Surroundings['env'],
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).map(([header, value]) => [
      header,
      typeof value === 'string' ? value : readSecret(value, `wholesalers.${name}.headers.${header}`, folder, env),
    ]),
  )
}

function readSecret(secret: SecretRef, path: string, folder: string, env: Surroundings['env']): string {
  if ('env' in secret) {
    const value = env[secret.env]
    if (value !== undefined && value !== '') return value
    throw config(
      `${path} is to come from the environment variable ${secret.env}, which is not set`,
      `Set ${secret.env}.`,
    )
  }
  const file = resolve(folder, secret.file)
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error: unknown) {
    throw config(
      `${path} is to come from a file that cannot be read: ${messageOf(error)}`,
      `Put the secret into ${file}.`,
    )
  }
}

function usage(message: string, hint: string): WholesalerError {
  return new WholesalerError({ kind: 'usage', message, hint })
}

function config(message: string, hint: string): WholesalerError {
  return new WholesalerError({ kind: 'config', message, hint })
}
