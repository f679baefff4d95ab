/**
 * The configuration: what a `wholesaler.config.{js,mjs,json,yaml}` says, validated.
 *
 * In: a file found upwards from the working directory, or none. Out: plain data, checked to the last
 * field. Secrets never stand in it: headers name the environment variable or file that holds them.
 */
import type { FeedFormat } from '../feed/feed.js'
import type { ImageRules } from '../images/image-rules.js'
import type { MissingPolicy } from '../missing-policy.js'
import type { WholesalerMapping } from '../product/mapping.js'
import type { JoinMap } from '../product/product-map.js'
import type { Guards } from '../wholesaler.js'

export interface Config {
  /** Absolute path of the file; null when there is none. */
  readonly path: string | null
  readonly store: StoreConfig
  readonly wholesalers: Readonly<Record<string, WholesalerConfig>>
  readonly network: NetworkConfig
}

export type StoreConfig = CatalogConfig | WooCommerceConfig

export interface CatalogConfig {
  readonly type: 'catalog'
  /** ISO 4217; default: that of the first complete feed. */
  readonly currency?: string | undefined
}

/** Its credentials come from the environment: `WHOLESALER_WC_KEY` and others. */
export interface WooCommerceConfig {
  readonly type: 'woocommerce'
  /** The shop's front page. */
  readonly url: string
  /** `upload` needs an application password; `src` lets the shop fetch each image once. Default: `upload`. */
  readonly images: 'upload' | 'src'
  /** What is done about a product that is in the shop's trash. Default: `revive`. */
  readonly trash: 'revive' | 'report'
  /** Attributes of the products' own, or of the whole shop. Default: `local`. */
  readonly attributes: 'local' | 'global'
  /** Variations that the feed no longer has. Default: `delete`. */
  readonly vanishedVariants: 'delete' | 'hide'
  /** What the shop is set to. Default: kg and cm. */
  readonly weightUnit: 'kg' | 'g' | 'lbs' | 'oz'
  readonly sizeUnit: 'cm' | 'mm' | 'm' | 'in' | 'yd'
  /** Most products of one request (100), and requests at once (6); below these, the pace is found out. */
  readonly requests: { readonly size: number; readonly inFlight: number }
}

export interface NetworkConfig {
  /** Hosts on private or local addresses that feeds and images may be fetched from. */
  readonly allowPrivate: readonly string[]
  /** Use the proxy of HTTP_PROXY and HTTPS_PROXY; it resolves names, so addresses are checked before. Default false. */
  readonly trustProxy: boolean
}

/** Where a secret is: an environment variable, or a file with nothing else in it. */
export type SecretRef = { readonly env: string } | { readonly file: string }

/** Where a file is, and how to read it. */
export interface FileConfig {
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
}

export interface WholesalerConfig extends FileConfig, WholesalerMapping {
  /** A second file, and how it belongs to the feed where the preset does not know it. */
  readonly join?: (FileConfig & JoinMap) | undefined
  readonly takeover: boolean
  /** What becomes of products that left the feed. Default: `keep`. */
  readonly missing: MissingPolicy
  /** See `defaultGuards`. */
  readonly guards: { readonly [G in keyof Guards]?: NonNullable<Guards[G]> | undefined }
  readonly rejects: { readonly max?: number | undefined }
  readonly images: ImageRules & { readonly roots: readonly string[] }
}
