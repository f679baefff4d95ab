/** The next import's decisions about one product, by the feed that was read last and the config that is there now. */
import type { Config } from '../core/config/config.js'
import type { StatePlace } from '../core/config/find-state-dir.js'
import { loadConfig } from '../core/config/load-config.js'
import { resolveWholesalers } from '../core/config/resolve-wholesalers.js'
import { imageBase } from '../core/images/image-base.js'
import type { ImageBase } from '../core/images/normalize-url.js'
import type { ImageDecision } from '../core/images/plan-images.js'
import { lastSourceOf, type PlanPorts, planStoredProduct } from '../core/images/plan-product.js'
import type { Ledger } from '../core/ledger/ledger.js'
import type { StoreProduct } from '../core/store/store.js'
import type { Wholesaler } from '../core/wholesaler.js'

/** Null when no feed that was read describes the product. Throws `config`. */
export async function planImagesOf(
  product: StoreProduct,
  { configPath }: StatePlace,
  ports: PlanPorts,
): Promise<readonly ImageDecision[] | null> {
  const config = await loadConfig(configPath)
  const rootsOf = (name: string): readonly string[] => configured(name, config)?.imageRoots ?? []
  return await planStoredProduct(product, rootsOf, ports)
}

/** What a wholesaler's references are relative to, as far as config or ledger know it; null when neither does. */
export async function imageBaseOf(
  name: string,
  config: Config,
  ledger: Pick<Ledger, 'wholesaler'>,
): Promise<ImageBase | null> {
  const wholesaler = configured(name, config)
  const source = wholesaler?.source ?? (await lastSourceOf(name, ledger))
  return source === null ? null : imageBase(source, wholesaler?.imageRoots ?? [])
}

function configured(name: string, config: Config): Wholesaler | null {
  if (!Object.hasOwn(config.wholesalers, name)) return null
  const question = { source: name, as: null, preset: null, format: null, lenient: false }
  const [resolved] = resolveWholesalers(config, question, { cwd: process.cwd(), env: process.env })
  return resolved ?? null
}
