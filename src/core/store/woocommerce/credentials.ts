/** Who we are to the shop. Only from the environment or from files that it names; never shown. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { messageOf, WholesalerError } from '../../errors.js'
import { parseShopAddress } from './address.js'

export interface ShopCredentials {
  /** Consumer key and secret: for products. */
  readonly consumer: { readonly key: string; readonly secret: string } | null
  /** User and application password: for products and for uploads, over https only. */
  readonly application: { readonly user: string; readonly password: string } | null
}

type Environment = Readonly<Record<string, string | undefined>>

const consumerNames = ['WHOLESALER_WC_KEY', 'WHOLESALER_WC_SECRET'] as const
const applicationNames = ['WHOLESALER_WP_USER', 'WHOLESALER_WP_APP_PASSWORD'] as const

/**
 * Reads the credentials, each from its variable or from the file that `<variable>_FILE` names (relative to
 * `folder`). Throws `config` for half a pair, an unreadable file, none at all, and for a pair that cannot work.
 */
export function readShopCredentials(
  env: Environment,
  { url, folder, uploads }: { readonly url: string; readonly folder: string; readonly uploads: boolean },
): ShopCredentials {
  const consumer = readPair(env, folder, consumerNames)
  const application = readPair(env, folder, applicationNames)
  const isSecure = parseShopAddress(url).site.startsWith('https:')
  if (consumer === null && (application === null || !isSecure)) {
    const only = application === null ? '' : '; an application password works over https only'
    throw config(
      `there are no credentials for the shop${only}`,
      `Set ${consumerNames.join(' and ')} (WooCommerce, Settings, Advanced, REST API), or ${applicationNames.join(' and ')} for a shop on https.`,
    )
  }
  if (uploads && (application === null || !isSecure)) {
    throw config(
      isSecure
        ? 'images cannot be uploaded: consumer keys have no right to, an application password is missing'
        : 'images cannot be uploaded over http: the shop takes an application password over https only',
      isSecure
        ? `Set ${applicationNames.join(' and ')} (Users, Profile, Application passwords), or say store: { images: 'src' }.`
        : "Put the shop on https, or say store: { images: 'src' }.",
    )
  }
  return {
    consumer: consumer === null ? null : { key: consumer[0], secret: consumer[1] },
    application: application === null || !isSecure ? null : { user: application[0], password: application[1] },
  }
}

/** Both of a pair, or null for none. */
function readPair(
  env: Environment,
  folder: string,
  names: readonly [string, string],
): readonly [string, string] | null {
  const [first, second] = [readOne(env, folder, names[0]), readOne(env, folder, names[1])]
  if (first === null && second === null) return null
  if (first !== null && second !== null) return [first, second]
  const [given, missing] = second === null ? names : [names[1], names[0]]
  throw config(`${given} is set, but ${missing} is not`, `Set ${missing} too, or name its file by ${missing}_FILE.`)
}

function readOne(env: Environment, folder: string, name: string): string | null {
  const value = env[name]?.trim() ?? ''
  const file = env[`${name}_FILE`]?.trim() ?? ''
  if (value !== '') return checked(value, name)
  if (file === '') return null
  const path = resolve(folder, file)
  try {
    return checked(readFileSync(path, 'utf8').trim(), `${name}_FILE`)
  } catch (error: unknown) {
    if (error instanceof WholesalerError) throw error
    throw config(
      `${name}_FILE names a file that cannot be read: ${messageOf(error)}`,
      `Put the secret into ${path}, readable by its owner only.`,
    )
  }
}

/** A secret of several lines or with control characters would break out of its header. */
function checked(value: string, name: string): string {
  if (value !== '' && !/[\0-\x1f\x7f]/.test(value)) return value
  throw config(`${name} is empty or has characters that no key has`, 'Copy the key again, as one line.')
}

function config(message: string, hint: string): WholesalerError {
  return new WholesalerError({ kind: 'config', message, hint })
}
