import { firstElement, type PairSourceList, type Preset } from './preset.js'

const params: PairSourceList = [{ each: 'PARAM', name: 'PARAM_NAME', value: 'VAL' }]

/**
 * Heureka and Zboží, the Czech and Slovak price comparisons. Prices are gross; delivery date 0 means in stock. Zboží says
 * `BRAND`, repeats `IMGURL` and `CATEGORYTEXT`, and has a price before the discount.
 */
export const heureka: Preset = {
  name: 'heureka',
  fits: (look) =>
    firstElement(look)?.name === 'SHOPITEM' ? 'its records are the SHOPITEM of Heureka and Zboží' : null,
  map: {
    key: 'ITEM_ID',
    gtin: 'EAN',
    mpn: 'PRODUCTNO',
    name: ['PRODUCTNAME', 'PRODUCT'],
    description: 'DESCRIPTION',
    brand: ['MANUFACTURER', 'BRAND'],
    categories: { from: 'CATEGORYTEXT', levels: '|' },
    images: { all: ['IMGURL', 'IMGURL_ALTERNATIVE'] },
    price: 'PRICE_VAT',
    oldPrice: ['PRICE_BEFORE_DISCOUNT', 'LIST_PRICE'],
    taxIncluded: true,
    vatRate: 'VAT',
    availability: { from: 'DELIVERY_DATE', lookup: { '0': 'in stock', '-1': 'unknown' } },
    url: 'URL',
    attributes: params,
    group: { key: 'ITEMGROUP_ID', name: 'PRODUCT' },
    variants: { options: params.map((source) => ({ ...source, varying: true })) },
  },
}
