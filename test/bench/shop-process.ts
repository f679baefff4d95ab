/**
 * The stand-in shop as a process of its own, so that what is measured does not wait for it. Prints its address; takes its
 * cost as messages, and answers each with what it saw since the last one.
 */
import { ShopServer, type WorkCost } from '../support/woocommerce/shop-server.js'

export interface ShopReport {
  /** Milliseconds from the arrival of a write to its answer, the longest of them. */
  readonly longestMs: number
  readonly writes: number
  readonly products: number
}

const shop = new ShopServer({ currency: 'PLN' })
await shop.listen()
let longestMs = 0
let writes = 0
shop.onAnswered = ({ isWrite }, ms) => {
  if (!isWrite) return
  writes += 1
  longestMs = Math.max(longestMs, ms)
}
process.on('message', (cost: WorkCost) => {
  shop.cost = cost
  const report: ShopReport = { longestMs, writes, products: shop.state.products.size }
  longestMs = 0
  writes = 0
  process.send?.(report)
})
process.on('disconnect', () => process.exit())
process.send?.(shop.url)
