import assert from 'node:assert/strict'
import { parseConfig } from '../../../src/core/config/config-schema.js'

const storeOf = (store: unknown) => parseConfig({ store }, '/c.js').store

describe('the store of the config', () => {
  it('is the embedded catalog unless another type is named', () => {
    assert.deepEqual(parseConfig({}, '/c.js').store, { type: 'catalog' })
    assert.deepEqual(storeOf({ currency: 'PLN' }), { type: 'catalog', currency: 'PLN' })
  })

  it('is a shop with all that is not said at its default', () => {
    assert.deepEqual(storeOf({ type: 'woocommerce', url: 'https://shop.test' }), {
      type: 'woocommerce',
      url: 'https://shop.test',
      images: 'upload',
      trash: 'revive',
      attributes: 'local',
      vanishedVariants: 'delete',
      weightUnit: 'kg',
      sizeUnit: 'cm',
      requests: { size: 100, inFlight: 6 },
    })
  })

  it('is refused with path, value and fix', () => {
    const faults: [unknown, RegExp][] = [
      [{ type: 'shopify' }, /store\.type: one of "catalog", "woocommerce"/],
      [{ type: 'woocommerce' }, /store\.url is missing/],
      [{ type: 'woocommerce', url: 'shop.test' }, /store\.url is "shop\.test": the address of the shop's front page/],
      [
        { type: 'woocommerce', url: 'https://s.test', imges: 'src' },
        /store\.imges is not known \(did you mean images\?\)/,
      ],
      [
        { type: 'woocommerce', url: 'https://s.test', images: 'link' },
        /store\.images is "link": one of "upload", "src"/,
      ],
      [{ type: 'woocommerce', url: 'https://s.test', requests: { size: 101 } }, /store\.requests\.size is 101/],
      [{ currency: 'zloty' }, /store\.currency is "zloty"/],
    ]
    for (const [store, message] of faults) assert.throws(() => storeOf(store), message)
  })
})
