/**
 * The configuration: what a `wholesaler.config.{js,mjs,json,yaml}` says, validated.
 *
 * In: a file found upwards from the working directory, or none. Out: plain data, checked to the last
 * field. Secrets never stand in it: headers name the environment variable or file that holds them.
 */
import type { FeedFormat } from '../feed/feed.js'
import type { WholesalerMapping } from '../product/mapping.js'

export interface Config {
  /** Absolute path of the file; null when there is none. */
  readonly path: string | null
  readonly store: StoreConfig
  readonly wholesalers: Readonly<Record<string, WholesalerConfig>>
  readonly network: NetworkConfig
}

export interface StoreConfig {
  readonly type: 'catalog'
  /** ISO 4217; default: that of the first complete feed. */
  readonly currency?: string | undefined
}

export interface NetworkConfig {
  /** Hosts on private or local addresses that feeds and images may be fetched from. */
  readonly allowPrivate: readonly string[]
  /** Use the proxy of HTTP_PROXY and HTTPS_PROXY; it resolves names, so addresses are checked before. Default false. */
  readonly trustProxy: boolean
}

/** Where a secret is: an environment variable, or a file with nothing else in it. */
export type SecretRef = { readonly env: string } | { readonly file: string }

export interface WholesalerConfig extends WholesalerMapping {
  /** Path (relative to the config file) or http(s) URL. */
  readonly feed: string
  readonly headers: Readonly<Record<string, string | SecretRef>>
  readonly format?: FeedFormat | undefined
  readonly encoding?: string | undefined
  readonly delimiter?: string | undefined
  readonly quote?: string | undefined
  readonly member?: string | undefined
  readonly record?: string | undefined
  readonly lenient: boolean
  readonly takeover: boolean
  readonly rejects: { readonly max?: number | undefined }
  readonly images: { readonly roots: readonly string[] }
}
