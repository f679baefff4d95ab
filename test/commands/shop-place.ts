/** A workplace beside a stand-in shop that counts what is written to it. */

import { runCli } from '../cli/run-cli.js'
import { jpeg } from '../core/images/pictures.js'
import { certificate } from '../support/certificate.js'
import { type ImageServer, withImageServer } from '../support/image-server.js'
import { shopCredentials } from '../support/woocommerce/credentials.js'
import { type ShopServer, withShop } from '../support/woocommerce/shop-server.js'
import { answerOf, type ImportAnswer, inWorkplace, type Workplace } from './workplace.js'

export interface ShopPlace {
  readonly shop: ShopServer
  readonly pictures: ImageServer
  readonly place: Workplace
  /** Runs `import --json` with these words. */
  importJson(...args: string[]): Promise<ImportAnswer>
  run(args: readonly string[], env?: Readonly<Record<string, string>>): ReturnType<typeof runCli>
  /** Writes to the shop since the last call, by what they are. */
  written(): Promise<Readonly<Record<string, number>>>
}

export async function inShop(test: Mocha.Context, body: (scene: ShopPlace) => Promise<void>): Promise<void> {
  const tls = certificate(test)
  await withImageServer((pictures) =>
    withShop({ tls, currency: 'PLN' }, (shop) =>
      inWorkplace(async (place) => {
        const authority = await place.write('authority.pem', tls.cert)
        await place.write('wholesaler.config.json', configOf(shop))
        const { user, password } = shopCredentials
        const login = { WHOLESALER_WP_USER: user, WHOLESALER_WP_APP_PASSWORD: password }
        const run: ShopPlace['run'] = (args, env = {}) =>
          runCli(args, { cwd: place.dir, env: { ...login, NODE_EXTRA_CA_CERTS: authority, ...env } })
        let seen = 0
        await body({
          shop,
          pictures,
          place,
          run,
          importJson: async (...args) => answerOf(await run(['import', ...args, '--json'])),
          written: async () => {
            const counts: Record<string, number> = {}
            for (const { what } of shop.applied.slice(seen)) counts[what] = (counts[what] ?? 0) + 1
            seen = shop.applied.length
            return counts
          },
        })
      }),
    ),
  )
}

function configOf({ url }: ShopServer): string {
  return JSON.stringify({
    store: { type: 'woocommerce', url },
    wholesalers: {
      aren: { feed: './aren.json', map: feedMap },
      mada: { feed: './mada.json', map: feedMap },
    },
    network: { allowPrivate: ['127.0.0.1'] },
  })
}

/** Products with variants, as plain JSON says them. */
const feedMap = {
  sku: 'sku',
  name: 'name',
  price: 'price',
  stock: 'stock',
  categories: 'category',
  images: 'images',
  gtin: 'gtin',
}

export interface Offer {
  readonly sku: string
  readonly name: string
  readonly price: string
  readonly stock?: number
  readonly category?: string
  readonly images?: readonly string[]
  readonly gtin?: string
  readonly description?: string
}

export async function writeFeed({ place }: ShopPlace, name: string, offers: readonly Offer[]): Promise<void> {
  await place.write(`${name}.json`, JSON.stringify(offers))
}

/** `count` offers with two pictures each, every second one shared by all. */
export async function offers({ pictures }: ShopPlace, name: string, count: number): Promise<Offer[]> {
  pictures.serve('/shared.jpg', await jpeg(1))
  return Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const path = `/${name}-${index}.jpg`
      pictures.serve(path, await jpeg(100 + index + name.length * 1000 + name.charCodeAt(0) * 10_000))
      return {
        sku: `${name.toUpperCase()}-${index}`,
        name: `Product ${index} of ${name}`,
        price: `${index + 1}.50`,
        stock: index,
        category: `${name} > Group ${index % 3}`,
        images: [pictures.url(path), pictures.url('/shared.jpg')],
      }
    }),
  )
}
