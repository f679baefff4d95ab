/** The next import's decisions about one product, by the feed that was read last and the config that is there now. */
import type { StatePlace } from '../core/config/find-state-dir.js'
import { loadConfig } from '../core/config/load-config.js'
import { resolveWholesalers } from '../core/config/resolve-wholesalers.js'
import type { ImageDecision } from '../core/images/plan-images.js'
import { type PlanPorts, planStoredProduct } from '../core/images/plan-product.js'
import type { StoreProduct } from '../core/store/store.js'

/** Null when no feed that was read describes the product. Throws `config`. */
export async function planImagesOf(
  product: StoreProduct,
  { configPath }: StatePlace,
  ports: PlanPorts,
): Promise<readonly ImageDecision[] | null> {
  const config = await loadConfig(configPath)
  const rootsOf = (wholesaler: string): readonly string[] => {
    if (!Object.hasOwn(config.wholesalers, wholesaler)) return []
    const question = { source: wholesaler, as: null, preset: null, format: null, lenient: false }
    const [resolved] = resolveWholesalers(config, question, { cwd: process.cwd(), env: process.env })
    return resolved?.imageRoots ?? []
  }
  return await planStoredProduct(product, rootsOf, ports)
}
