/** Where imports into a shop are killed: a feed, its pictures, and for each run a fresh shop and a fresh state. */
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Started, startCli } from '../../cli/run-cli.js'
import { type Certificate, ownCertificate } from '../../support/certificate.js'
import { shopCredentials } from '../../support/woocommerce/credentials.js'
import { ShopServer } from '../../support/woocommerce/shop-server.js'
import { MissingTool } from '../fault-tools.js'
import { startCountingServer } from '../kill9/counting-server.js'
import { type FeedSize, killFeed, servePictures } from '../kill9/kill-feed.js'

export interface ShopRun {
  readonly shop: ShopServer
  start(words: readonly string[], env?: Readonly<Record<string, string>>): Started
  end(): Promise<void>
}

export interface ShopLane {
  begin(name: string): Promise<ShopRun>
  close(): Promise<void>
}

/** The words of the import that is disturbed. */
export const importWords = ['import', '--per-batch', '7', '--json']

export async function openShopLane(dir: string, size: FeedSize): Promise<ShopLane> {
  const tls = ownCertificate()
  if (tls === null) throw new MissingTool('openssl')
  await mkdir(dir, { recursive: true })
  await writeFile(join(dir, 'authority.pem'), tls.cert)
  const pictures = await startCountingServer()
  await servePictures(pictures, size)
  await writeFile(
    join(dir, 'goods.csv'),
    killFeed(size, (path) => pictures.url(path)),
  )
  return {
    begin: (name) => beginRun(join(dir, name), join(dir, 'goods.csv'), join(dir, 'authority.pem'), tls),
    close: () => pictures.close(),
  }
}

async function beginRun(dir: string, feed: string, authority: string, tls: Certificate): Promise<ShopRun> {
  const shop = new ShopServer({ tls, currency: 'PLN' })
  await shop.listen()
  await mkdir(dir)
  const config = {
    store: { type: 'woocommerce', url: shop.url },
    wholesalers: { goods: { feed } },
    network: { allowPrivate: ['127.0.0.1'] },
  }
  await writeFile(join(dir, 'wholesaler.config.json'), JSON.stringify(config))
  const { user, password } = shopCredentials
  const login = { WHOLESALER_WP_USER: user, WHOLESALER_WP_APP_PASSWORD: password, NODE_EXTRA_CA_CERTS: authority }
  return {
    shop,
    start: (words, env = {}) => startCli(words, { cwd: dir, env: { ...login, ...env } }),
    async end() {
      await shop.close()
      await rm(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
    },
  }
}
