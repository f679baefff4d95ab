/** Loads and checks the config file. Everything wrong with it is said at once, each with path, value and fix. */
import { readFile, stat } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import { messageOf, WholesalerError } from '../errors.js'
import type { Config } from './config.js'

/** What holds where no config file says otherwise. */
export const defaultConfig: Config = {
  path: null,
  store: { type: 'catalog' },
  wholesalers: {},
  network: { allowPrivate: [], trustProxy: false },
}

/** Loads the config at `path`, or the default for null. Throws `config` naming every fault. */
export async function loadConfig(path: string | null): Promise<Config> {
  if (path === null) return defaultConfig
  const value = await readConfig(path)
  const { parseConfig } = await import('./config-schema.js')
  return parseConfig(value, path)
}

async function readConfig(path: string): Promise<unknown> {
  try {
    if (/\.m?js$/.test(path)) {
      // By its time as well: Node would give a worker that lives for days the first version again and again.
      const { mtimeMs } = await stat(path)
      const module: { default?: unknown } = await import(`${pathToFileURL(path).href}?changed=${mtimeMs}`)
      return module.default
    }
    const text = await readFile(path, 'utf8')
    if (path.endsWith('.json')) return JSON.parse(text)
    const { parse } = await import('yaml')
    return parse(text)
  } catch (error: unknown) {
    throw new WholesalerError({
      kind: 'config',
      message: `the config file cannot be read: ${messageOf(error)}`,
      hint: 'Mend the file, or name another one with --config.',
      place: { file: path },
      cause: error,
    })
  }
}
