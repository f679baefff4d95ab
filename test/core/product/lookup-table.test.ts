import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { LookupTable } from '../../../src/core/product/lookup-table.js'
import { inTempDir } from '../../support/temp-dir.js'

describe('a lookup table', () => {
  for (const inMemoryMax of [10_000, 100]) {
    it(`keeps all values of a key in order (at most ${inMemoryMax} in memory)`, async () => {
      await inTempDir(async (spillDir) => {
        const table = new LookupTable({ spillDir, inMemoryMax })
        for (let index = 0; index < 3_000; index += 1) {
          table.add(`key ${index % 1_000}`, `value ${index}`)
          if (index % 200 === 0) await table.settle()
        }
        await table.settle()
        assert.equal(table.size, 3_000)
        assert.deepEqual(table.values('key 7'), ['value 7', 'value 1007', 'value 2007'])
        assert.deepEqual(table.values('__proto__'), [])
        assert.deepEqual(readdirSync(spillDir), [], 'nothing is left behind, even while it is open')
        table.close()
      })
    })
  }
})
