/** What routes give back, and what they work with. */
import type { WriteContext } from './product-input.js'
import type { Json, ShopProduct, ShopState } from './shop-state.js'

export interface Answer {
  readonly status: number
  readonly body: Json
  readonly allow?: string
  readonly location?: string
  readonly total?: number
  readonly pages?: number
  /** Rows read, for the cost. */
  readonly items?: number
}

/** A write as it became true in the shop, whether or not its answer ever arrived. */
export type Applied =
  | { readonly what: 'create' | 'update' | 'delete'; readonly product: ShopProduct }
  | { readonly what: 'term' | 'upload'; readonly id: number; readonly name: string }

export interface RouteContext {
  readonly state: ShopState
  /** Address of the site, without a slash at its end. */
  readonly base: string
  readonly currency: string
  readonly now: () => number
  /** Time the work on one item takes. */
  readonly itemCost: () => Promise<void>
  /** Notes a write. Throws `WorkerDied` when the script says that PHP dies here. */
  readonly applied: (write: Applied) => Promise<void>
  readonly write: () => WriteContext
}
