/** The WooCommerce store over the stand-in shop, as the store contract and other tests use it. */
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '../../../../src/core/clock.js'
import { createHttpClient } from '../../../../src/core/http/http-client.js'
import type { Store } from '../../../../src/core/store/store.js'
import { createShopClient } from '../../../../src/core/store/woocommerce/client.js'
import {
  createWooCommerceStore,
  type WooCommerceOptions,
} from '../../../../src/core/store/woocommerce/woocommerce-store.js'
import { type Abilities, allAbilities, type ProductView, type StoreFixture } from '../../../contract/store-fixture.js'
import { type Certificate, ownCertificate } from '../../../support/certificate.js'
import { type FixedClock, fixedClock } from '../../../support/fixed-clock.js'
import { shopCredentials } from '../../../support/woocommerce/credentials.js'
import { newProduct } from '../../../support/woocommerce/product-input.js'
import { stockStatusOf } from '../../../support/woocommerce/product-json.js'
import { type ShopOptions, ShopServer } from '../../../support/woocommerce/shop-server.js'
import { type ShopProduct, type ShopState, uncategorized } from '../../../support/woocommerce/shop-state.js'
import { writeImageFile } from '../image-file.js'

/** What a shop cannot do: it knows no tokens, batches and keys, nor what shows an image; it has a currency, and
 * counts instead of believing. */
export const shopAbilities: Abilities = {
  ...allAbilities,
  fence: false,
  rememberBatches: false,
  takeCurrency: false,
  keepAvailability: false,
  findByKey: false,
  exchangeImages: false,
  skuLengthMax: 100,
}

export interface WooCommerceFixture extends StoreFixture {
  readonly store: Store
  readonly shop: ShopServer
  readonly clock: FixedClock
  readonly warnings: string[]
  /** Another store over the same shop, as on another machine. */
  another(change?: { readonly writeDeadlineMs?: number; readonly ledgerId?: string }): Store
}

/**
 * Over https with an application password where there is a certificate, else, and where `tls` is null, over http with
 * keys: quicker, and without uploads.
 */
export async function wooCommerceFixture(
  options: Partial<WooCommerceOptions> = {},
  { tls = ownCertificate(), ...shopOptions }: Omit<ShopOptions, 'tls'> & { tls?: Certificate | null } = {},
  realClock?: Clock,
): Promise<WooCommerceFixture> {
  const shop = new ShopServer({ currency: 'PLN', ...(tls === null ? {} : { tls }), ...shopOptions })
  await shop.listen()
  const dir = await mkdtemp(join(tmpdir(), 'wholesaler-test-'))
  const fixed = fixedClock(Date.now())
  const clock = realClock ?? fixed
  const http = createHttpClient({ clock, ...(tls === null ? {} : { authorities: tls.cert }) })
  const warnings: string[] = []
  const { key, secret, user, password } = shopCredentials
  const another: WooCommerceFixture['another'] = ({ ledgerId = 'test', ...client } = {}) =>
    createWooCommerceStore({
      client: createShopClient({
        url: shop.url,
        http,
        clock,
        random: () => 0.5,
        ...client,
        credentials: { consumer: { key, secret }, application: tls === null ? null : { user, password } },
      }),
      clock,
      ledgerId,
      random: () => 0.5,
      onWarning: (message) => warnings.push(message),
      ...options,
    })
  return {
    store: another(),
    shop,
    clock: fixed,
    warnings,
    another,
    putFile: (bytes) => writeImageFile(join(dir, randomUUID()), `GIF8${bytes}`),
    addByHand: async (product) => String(addByHand(shop.state, product).id),
    loseImage: async (id) => {
      shop.state.attachments.delete(Number(id))
    },
    view: async (id) => shopView(shop.state, Number(id)),
    close: async () => {
      http.close()
      await shop.close()
      await rm(dir, { recursive: true })
    },
  }
}

export function addByHand(state: ShopState, fields: Partial<ShopProduct>): ShopProduct {
  const product = { ...newProduct(state.nextPost(), 0, 0), ...fields }
  state.products.set(product.id, product)
  return product
}

/** What a shopper or the owner sees of a product. */
export function shopView(state: ShopState, id: number): ProductView | null {
  const product = state.products.get(id)
  if (product === undefined || product.parentId !== 0 || product.status === 'trash') return null
  const names = (ids: readonly number[]) => ids.map((term) => state.terms.get(term)?.name ?? '')
  return {
    name: product.name,
    sku: product.sku === '' ? null : product.sku,
    status: product.status,
    price: blank(product.regularPrice),
    salePrice: blank(product.salePrice),
    stock: product.stockQuantity === null ? null : String(product.stockQuantity),
    inStock: stockStatusOf(product, state) === 'instock',
    brand: names(product.brands)[0] ?? null,
    description: blank(product.description),
    tags: names(product.tags),
    categories: product.categories.filter((term) => term !== uncategorized).map((term) => pathOf(state, term)),
    attributes: product.attributes
      .filter(({ variation }) => !variation)
      .map(({ name, options }) => ({ name, values: [...options] })),
    variants: state
      .variationsOf(id)
      .sort((one, other) => one.menuOrder - other.menuOrder)
      .map((variation) => ({
        id: String(variation.id),
        key: String(variation.meta.find(({ key }) => key === '_wholesaler_variant')?.value ?? ''),
        sku: blank(variation.sku),
        price: blank(variation.regularPrice),
        stock: variation.stockQuantity === null ? null : String(variation.stockQuantity),
        inStock: variation.stockStatus === 'instock',
        options: variation.options.map(({ name, option }) => [name, option] as const),
      })),
  }
}

function pathOf(state: ShopState, id: number): string[] {
  const term = state.terms.get(id)
  return term === undefined ? [] : [...pathOf(state, term.parent), term.name]
}

function blank(text: string): string | null {
  return text === '' ? null : text
}
