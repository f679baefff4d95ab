/** What `init` does between its flags and its answer: asks for what is missing, writes two files, checks the shop. */
import { rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { findConfig } from '../core/config/find-state-dir.js'
import {
  environmentFile,
  environmentFileName,
  feedFault,
  type Starter,
  starterConfig,
  starterConfigName,
} from '../core/config/starter-config.js'
import { hasCode, messageOf, WholesalerError } from '../core/errors.js'
import { adHocName, parseSource } from '../core/feed/source.js'
import { parseShopAddress } from '../core/store/woocommerce/address.js'
import type { Asker, AskOptions } from './ask.js'
import { type InitDocument, initDocument } from './documents.js'
import { runDoctor } from './run-doctor-command.js'

export interface InitFlags {
  readonly shop?: string | undefined
  readonly feed?: string | undefined
  readonly as?: string | undefined
  readonly 'shop-images'?: string | undefined
  readonly force: boolean
  readonly offline: boolean
}

export interface InitRun {
  readonly flags: InitFlags
  readonly cwd: string
  /** Credentials that are typed are put here too, for the check. */
  readonly env: NodeJS.ProcessEnv
  /** Null without a terminal: what is missing is then the default, or an error. */
  readonly asker: Asker | null
}

/** Writes nothing before all is known. Throws `usage` for a config that is there, and for what nobody can be asked. */
export async function runInit({ flags, cwd, env, asker }: InitRun): Promise<InitDocument> {
  const config = join(cwd, starterConfigName)
  const there = findConfig(cwd)
  if (there !== null && !flags.force) throw alreadyThere(there)
  // One of another name would go on being found first.
  if (there !== null && there !== config && dirname(there) === cwd) throw otherName(there)
  const shop = await askShop(flags, asker)
  const secrets = shop === null ? {} : await askSecrets(shop.url, env, asker)
  const images = shop === null ? null : imagesOf(shop.url, flags, { ...env, ...secrets })
  const wholesaler = await askWholesaler(flags, asker)
  const starter: Starter = { shop: shop === null || images === null ? null : { ...shop, images }, wholesaler }

  await writeOwn(config, starterConfig(starter), flags.force)
  const hasSecrets = Object.keys(secrets).length > 0
  const environment = hasSecrets ? join(cwd, environmentFileName) : null
  if (environment !== null) await writeOwn(environment, environmentFile(secrets), flags.force)
  Object.assign(env, secrets)
  const place = { stateDir: join(cwd, '.wholesaler'), configPath: config }
  const { checks } = await runDoctor({ place, offline: flags.offline })
  return initDocument(checks, { config, environment })
}

async function askShop({ shop }: InitFlags, asker: Asker | null): Promise<{ readonly url: string } | null> {
  const options = { check: shopFault }
  const url =
    shop ?? (await asker?.ask('Address of the WooCommerce shop, or nothing for the embedded catalog', options)) ?? ''
  const fault = shopFault(url)
  if (fault !== null) throw usage(fault, 'Write the address of the front page: --shop https://shop.example.com')
  return url === '' ? null : { url: parseShopAddress(url).site }
}

function shopFault(url: string): string | null {
  if (url === '') return null
  try {
    parseShopAddress(url)
    return null
  } catch (error: unknown) {
    return messageOf(error).replace(/^store\.url/, 'the address')
  }
}

const application = ['WHOLESALER_WP_USER', 'WHOLESALER_WP_APP_PASSWORD'] as const
const consumer = ['WHOLESALER_WC_KEY', 'WHOLESALER_WC_SECRET'] as const

/** Only what the environment does not have already, and only at a terminal: never as arguments. */
async function askSecrets(
  url: string,
  env: NodeJS.ProcessEnv,
  asker: Asker | null,
): Promise<Readonly<Record<string, string>>> {
  const isSecure = url.startsWith('https:')
  if (hasPair(env, consumer) || (isSecure && hasPair(env, application))) return {}
  if (asker === null) {
    throw usage(
      'there are no credentials for the shop, and no terminal to ask for them',
      `Set ${(isSecure ? application : consumer).join(' and ')}, each also as …_FILE. They are never given as flags.`,
    )
  }
  const needed = { check: (answer: string) => (answer === '' ? 'It is needed.' : null) }
  const unseen: AskOptions = { ...needed, secret: true }
  if (isSecure) {
    const question = 'User of an application password (Users, Profile), or nothing for a consumer key'
    const user = await asker.ask(question)
    if (user !== '')
      return { [application[0]]: user, [application[1]]: await asker.ask('Application password', unseen) }
  }
  const key = await asker.ask('Consumer key (WooCommerce, Settings, Advanced, REST API)', needed)
  return { [consumer[0]]: key, [consumer[1]]: await asker.ask('Consumer secret', unseen) }
}

function hasPair(env: NodeJS.ProcessEnv, names: readonly string[]): boolean {
  return names.every((name) => (env[name] ?? '') !== '' || (env[`${name}_FILE`] ?? '') !== '')
}

/** Uploads need an application password and https; else the shop fetches images itself. */
function imagesOf(url: string, flags: InitFlags, env: NodeJS.ProcessEnv): 'upload' | 'src' {
  const { 'shop-images': wanted } = flags
  if (wanted === 'upload' || wanted === 'src') return wanted
  return url.startsWith('https:') && hasPair(env, application) ? 'upload' : 'src'
}

async function askWholesaler(flags: InitFlags, asker: Asker | null): Promise<Starter['wholesaler']> {
  const options = { check: sourceFault }
  const feed =
    flags.feed ?? (await asker?.ask('Feed of the first wholesaler: a file or URL, or nothing', options)) ?? ''
  const fault = sourceFault(feed)
  if (fault !== null) throw usage(fault, 'Give a path, or an http or https URL without user and password, by --feed.')
  if (feed === '') return null
  const fallback = nameOf(feed)
  const name = flags.as ?? (await asker?.ask('Its name', { fallback, check: nameFault })) ?? fallback
  const wrong = nameFault(name)
  if (wrong !== null) throw usage(wrong, 'Name it: --as aren')
  return { name, feed }
}

function sourceFault(feed: string): string | null {
  if (feed === '') return null
  if (feed === '-') return 'stdin is no feed to come back to every night'
  try {
    parseSource(feed, '/')
    return feedFault(feed)
  } catch (error: unknown) {
    return messageOf(error)
  }
}

function nameOf(feed: string): string {
  return adHocName(parseSource(feed, '/'))
    .replace(/[/\\:\s]+/g, '-')
    .replace(/^-+/, '')
}

function nameFault(name: string): string | null {
  if (/^[^/\\:\s-][^/\\:]*$/.test(name)) return null
  return 'a name has no slashes and colons, and begins with no dash'
}

/** Readable by its owner only: the address of a feed may hold a key. Never over a link that somebody put there. */
async function writeOwn(path: string, text: string, replace: boolean): Promise<void> {
  try {
    if (replace) await rm(path, { force: true })
    await writeFile(path, text, { flag: 'wx', mode: 0o600 })
  } catch (error: unknown) {
    if (hasCode(error, 'EEXIST')) throw alreadyThere(path)
    throw error
  }
}

function alreadyThere(path: string): WholesalerError {
  return new WholesalerError({
    kind: 'usage',
    message: 'there is one already; nothing was written',
    hint: 'Change it by hand, or replace it: wholesaler init --force',
    place: { file: path },
  })
}

function otherName(path: string): WholesalerError {
  return new WholesalerError({
    kind: 'usage',
    message: `this config would be used instead of ${starterConfigName}; nothing was written`,
    hint: 'Remove or rename it first.',
    place: { file: path },
  })
}

function usage(message: string, hint: string): WholesalerError {
  return new WholesalerError({ kind: 'usage', message, hint })
}
