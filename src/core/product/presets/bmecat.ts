import type { FieldMap, FieldRule } from '../product-map.js'
import { type FeedLook, firstElement, type Preset } from './preset.js'

/** BMEcat 1.2 speaks of articles (`SUPPLIER_AID`), BMEcat 2005 of products (`SUPPLIER_PID`). */
function inBoth(path: string): readonly string[] {
  return [path, path.replaceAll('ARTICLE', 'PRODUCT').replaceAll('_AID', '_PID')]
}

/** Net prices first, that of this customer before that of the list. The first of a kind is for the least quantity. */
const priceTypes = ['net_customer', 'net_customer_exp', 'net_list', 'gros_list']

function prices(leaf: string): readonly string[] {
  return priceTypes.flatMap((type) => inBoth(`ARTICLE_PRICE_DETAILS/ARTICLE_PRICE[@price_type=${type}]/${leaf}`))
}

/** There is one catalog in a file. */
const catalog = { value: 'catalog' }

const picture = '^.+\\.(?:[Jj][Pp][Ee]?[Gg]|[Pp][Nn][Gg]|[Gg][Ii][Ff]|[Ww][Ee][Bb][Pp]|[Tt][Ii][Ff]{1,2}|[Bb][Mm][Pp])$'

function pictures(purpose: string): FieldRule {
  return { from: `MIME_INFO/MIME[MIME_PURPOSE=${purpose}]/MIME_SOURCE` }
}

const inClass: FieldMap = { from: inBoth('ARTICLE_FEATURES/REFERENCE_FEATURE_GROUP_ID'), replace: ['^', 'class '] }

/**
 * BMEcat 1.2 and 2005, whole catalogs (`T_NEW_CATALOG`). Updates (`T_UPDATE_PRODUCTS`, `T_UPDATE_PRICES`) hold only what
 * has changed: taken for a feed, everything else would be missing, so they are not read. Which article belongs to which
 * group stands behind the articles; a catalog without groups may have classes of its own. There are no counts of stock.
 * Price types and 2005's names are from general knowledge of the specifications and were not checked against live files.
 */
export const bmecat: Preset = {
  name: 'bmecat',
  fits: (look) =>
    look.shape.root?.name === 'BMECAT' && look.shape.recordPath?.includes('T_NEW_CATALOG') === true && isItem(look)
      ? 'its root element is BMECAT, and it is a whole catalog'
      : null,
  mark: 'BMECAT',
  tree: [
    {
      element: 'CATALOG_STRUCTURE',
      id: 'GROUP_ID',
      parent: 'PARENT_ID',
      name: 'GROUP_NAME',
      unless: { from: '@type', match: '^root$' },
    },
    {
      element: 'CLASSIFICATION_GROUP',
      id: { from: 'CLASSIFICATION_GROUP_ID', replace: ['^', 'class '] },
      parent: { from: 'CLASSIFICATION_GROUP_PARENT_ID', replace: ['^', 'class '] },
      name: 'CLASSIFICATION_GROUP_NAME',
    },
  ],
  tables: {
    currency: { element: 'HEADER/CATALOG', key: catalog, value: 'CURRENCY' },
    imageBase: { element: 'HEADER/CATALOG', key: catalog, value: 'MIME_ROOT' },
    groups: { element: 'ARTICLE_TO_CATALOGGROUP_MAP', key: 'ART_ID', value: 'CATALOG_GROUP_ID' },
    groups2005: { element: 'PRODUCT_TO_CATALOGGROUP_MAP', key: 'PROD_ID', value: 'CATALOG_GROUP_ID' },
  },
  map: {
    key: inBoth('SUPPLIER_AID'),
    sku: inBoth('SUPPLIER_AID'),
    gtin: [
      ...inBoth('ARTICLE_DETAILS/EAN'),
      'PRODUCT_DETAILS/INTERNATIONAL_PID[@type=gtin]',
      'PRODUCT_DETAILS/INTERNATIONAL_PID[@type=ean]',
      'PRODUCT_DETAILS/INTERNATIONAL_PID',
    ],
    mpn: inBoth('ARTICLE_DETAILS/MANUFACTURER_AID'),
    name: inBoth('ARTICLE_DETAILS/DESCRIPTION_SHORT'),
    description: inBoth('ARTICLE_DETAILS/DESCRIPTION_LONG'),
    brand: inBoth('ARTICLE_DETAILS/MANUFACTURER_NAME'),
    tags: inBoth('ARTICLE_DETAILS/KEYWORD'),
    categories: [
      { from: 'SUPPLIER_AID', table: 'groups', tree: true },
      { from: 'SUPPLIER_PID', table: 'groups2005', tree: true },
      { ...inClass, tree: true },
    ],
    images: [
      { all: ['normal', 'detail', 'others'].map(pictures) },
      { from: 'MIME_INFO/MIME/MIME_SOURCE', match: picture },
    ],
    imageBase: { ...catalog, table: 'imageBase' },
    price: prices('PRICE_AMOUNT'),
    currency: [...prices('PRICE_CURRENCY'), { ...catalog, table: 'currency' }],
    taxIncluded: { from: prices('@price_type'), match: '^(net|gros)', lookup: { net: 'no', gros: 'yes' } },
    vatRate: { from: prices('TAX'), times: '100' },
    availability: { from: inBoth('ARTICLE_DETAILS/DELIVERY_TIME'), replace: ['^(\\d+)$', '$1 days'] },
    attributes: [
      {
        each: inBoth('ARTICLE_FEATURES/FEATURE'),
        name: { all: ['FNAME', { from: 'FUNIT', replace: ['^(.*)$', '($1)'] }], join: ' ' },
        value: 'FVALUE',
      },
    ],
    unless: { from: '@mode', match: '^delete$' },
  },
}

function isItem(look: FeedLook): boolean {
  return ['ARTICLE', 'PRODUCT'].includes(firstElement(look)?.name ?? '')
}
