import { hasKeys, type Preset } from './preset.js'

/** Product data taken from Open Icecat, as JSON or NDJSON: open attributes below `attrs`, categories as a plain list. */
export const icecatJson: Preset = {
  name: 'icecat-json',
  fits: (look) =>
    hasKeys(look, 'id', 'title', 'attrs', 'attr_keys') ? 'its keys are those of data sets made from Icecat' : null,
  map: {
    key: 'id',
    gtin: ['gtin', 'ean'],
    mpn: 'mpn',
    name: 'title',
    description: 'description',
    brand: 'brand',
    categories: { from: 'categories', levels: '>' },
    images: { all: ['image_url', 'images'] },
    price: 'price',
    currency: 'currency',
    attributes: [{ entries: 'attrs' }],
  },
}
