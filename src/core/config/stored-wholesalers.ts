/** From the options that are kept with a job back to its wholesalers, whoever runs it, wherever it runs. */
import { WholesalerError } from '../errors.js'
import { type FeedFormat, feedFormats } from '../feed/feed.js'
import type { JobOptions } from '../jobs/job.js'
import type { Wholesaler } from '../wholesaler.js'
import type { Config } from './config.js'
import { loadConfig } from './load-config.js'
import { resolveWholesalers, type Surroundings } from './resolve-wholesalers.js'

export interface StoredWholesalers {
  readonly config: Config
  /** Those the job was made for, in its order. */
  readonly wholesalers: readonly Wholesaler[]
}

/**
 * Resolves a job's wholesalers again, by the config as it is now. Throws `config` when the config file or a
 * wholesaler in it is gone, and what loading and resolving throw.
 */
export async function resolveStored(options: JobOptions, around: Surroundings): Promise<StoredWholesalers> {
  const config = await loadConfig(options.configPath)
  const { source, as, preset, lenient, stdinSha256 } = options
  const resolved = resolveWholesalers(config, { source, as, preset, format: formatOf(options), lenient }, around)
  const wholesalers = options.wholesalers.map((name) => {
    const wholesaler = resolved.find((candidate) => candidate.name === name)
    if (wholesaler === undefined) throw noLongerConfigured(name, options.configPath)
    return stdinSha256 === null ? wholesaler : withStdinCopy(wholesaler, stdinSha256)
  })
  return { config, wholesalers }
}

/** The wholesaler, with the copy of what stdin gave in place of stdin itself. */
export function withStdinCopy(wholesaler: Wholesaler, sha256: string): Wholesaler {
  if (wholesaler.source.kind !== 'stdin') return wholesaler
  return { ...wholesaler, source: { ...wholesaler.source, copy: sha256 } }
}

/** Null also for one that only a newer version knew: then it is found out. */
function formatOf({ format }: JobOptions): FeedFormat | null {
  return feedFormats.find((known) => known === format) ?? null
}

function noLongerConfigured(name: string, configPath: string | null): WholesalerError {
  return new WholesalerError({
    kind: 'config',
    message: `the job is for the wholesaler "${name}", which is not configured any more`,
    hint: 'Put it back into the config and run: wholesaler jobs. Or leave the job, and import what is configured.',
    ...(configPath === null ? {} : { place: { file: configPath } }),
  })
}
