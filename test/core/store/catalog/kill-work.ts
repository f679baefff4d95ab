import type { StoreBatch } from '../../../../src/core/store/store.js'
import { batchOf, variable, variant } from '../../../contract/store-fixture.js'

export const productsPerKillBatch = 100
/** Large enough that writing it takes a while. */
export const killImageBytes = 4 * 1024 * 1024

export function killBatch(number: number): StoreBatch {
  const products = Array.from({ length: productsPerKillBatch }, (_, index) =>
    variable(`${number}-${index}`, [variant('S'), variant('M')]),
  )
  return batchOf(products, { id: `1-${number}` })
}
