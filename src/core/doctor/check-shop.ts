/** Whether the shop can be worked with: its address, versions, keys and rights, how long it takes to answer. */
import type { Clock } from '../clock.js'
import type { ShopClient } from '../store/woocommerce/shop-client.js'
import { type Check, type Finding, fail, ok, warn } from './check.js'

export interface ShopChecks {
  /** Opens the client; throws `config` for credentials that are missing or cannot work. */
  readonly open: () => Promise<ShopClient>
  readonly uploads: boolean
  readonly clock: Clock
}

/** Milliseconds of a small answer, above which imports take hours: hosting without a cache, or one that is full. */
const slowMs = 3_000
/** The first version with brands, which are products' own field since. */
const oldestVersion = [9, 6] as const

/** Changes nothing in the shop: the batch that asks for the right to write is empty. */
export function checkShop({ open, uploads, clock }: ShopChecks): readonly Check[] {
  return [
    { id: 'shop', run: async () => findShop(await open(), clock) },
    { id: 'shop:rights', run: async () => [await mayWrite(await open())] },
    ...(uploads ? [{ id: 'shop:media', run: async () => [await mayUpload(await open())] }] : []),
  ]
}

async function findShop(client: ShopClient, clock: Clock): Promise<Finding[]> {
  const id = 'shop'
  const startedMs = clock.monotonic()
  const read = await client.read('/wc/v3/system_status', { _fields: 'environment.version,settings.currency' })
  const ms = Math.round(clock.monotonic() - startedMs)
  if (!read.ok)
    return [fail(id, `${client.site}: ${read.problem.message}`, 'Is WooCommerce installed and switched on?')]
  const { environment, settings } = read.page.value as {
    readonly environment?: { readonly version?: string }
    readonly settings?: { readonly currency?: string }
  }
  const version = environment?.version ?? ''
  const told = `${client.site}, WooCommerce ${version || '(version unknown)'}, ${settings?.currency ?? 'no currency'}`
  const clocks = skewed(read.page.dateMs, clock.now(), ms)
  return [ok(id, told), ...transport(client.site, id), ...outdated(version, id), ...slow(ms, id), ...clocks]
}

function transport(site: string, id: string): Finding[] {
  if (site.startsWith('https:')) return []
  const hint = 'Put the shop on https: requests are signed, but anybody on the way can read what is in them.'
  return [warn(id, 'the shop is reached over http', hint)]
}

function outdated(version: string, id: string): Finding[] {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [oldMajor, oldMinor] = oldestVersion
  if (version === '' || major > oldMajor || (major === oldMajor && minor >= oldMinor)) return []
  const hint = `Update WooCommerce to ${oldestVersion.join('.')} or later; until then brands are left out.`
  return [warn(id, `WooCommerce ${version} has no brands`, hint)]
}

function slow(ms: number, id: string): Finding[] {
  if (ms <= slowMs) return []
  const hint = 'Ask the hoster about PHP workers and the object cache; the import adapts, and takes its time.'
  return [warn(id, `the shop takes ${(ms / 1000).toFixed(1)} s for a small answer`, hint)]
}

/** Signed requests are refused by a shop whose clock is 15 minutes off; times in its records are wrong much sooner. */
const skewMaxMs = 30_000

function skewed(shopMs: number | null, nowMs: number, requestMs: number): Finding[] {
  const skewMs = shopMs === null ? 0 : shopMs - nowMs
  // The shop told the time somewhere in the request, cut to the second.
  if (Math.abs(skewMs) <= skewMaxMs + requestMs + 1_000) return []
  const told = `the shop's clock is ${Math.round(Math.abs(skewMs) / 1000)} s ${skewMs > 0 ? 'ahead of' : 'behind'} this machine's`
  const hint = 'Switch time synchronisation on where the clock is wrong: timedatectl set-ntp true'
  return [warn('clock', told, hint)]
}

async function mayWrite(client: ShopClient): Promise<Finding> {
  const id = 'shop:rights'
  const write = await client.write('POST', '/wc/v3/products/batch', {})
  if (write.kind === 'done') return ok(id, 'products may be written')
  const reason = write.kind === 'refused' ? write.problem.message : write.reason
  return fail(
    id,
    `products cannot be written: ${reason}`,
    'The key needs the right to write, its user to manage products.',
  )
}

async function mayUpload(client: ShopClient): Promise<Finding> {
  const id = 'shop:media'
  const read = await client.read('/wp/v2/media', { per_page: 1, context: 'edit', _fields: 'id' })
  if (read.ok) return ok(id, 'images may be uploaded')
  const hint = "The user needs the right to upload files (author or above); or say store: { images: 'src' }."
  return fail(id, `the media library is closed: ${read.problem.message}`, hint)
}
