/**
 * Where the config file and the state folder are. Looks at names only: nothing is evaluated, so this is
 * cheap enough for every command, and safe in any folder.
 */
import { statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { hasCode, WholesalerError } from '../errors.js'

/** In the order in which they are looked for; the first that exists in a folder is used. */
export const configNames = [
  'wholesaler.config.js',
  'wholesaler.config.mjs',
  'wholesaler.config.json',
  'wholesaler.config.yaml',
  'wholesaler.config.yml',
] as const

export const stateDirName = '.wholesaler'

export interface StatePlace {
  /** Absolute path; need not exist yet. */
  readonly stateDir: string
  /** Absolute path of the config file; null when there is none. */
  readonly configPath: string | null
}

export interface StatePlaceOptions {
  /** `--state-dir` or its variable; relative to `cwd`. */
  readonly stateDir?: string | undefined
  /** `--config` or its variable; relative to `cwd`. */
  readonly config?: string | undefined
  readonly cwd: string
}

/**
 * The state folder: as said, else `.wholesaler/` beside the config file, else `.wholesaler/` in `cwd`.
 * Throws `config` when a config file was named and is not there.
 */
export function findStateDir({ stateDir, config, cwd }: StatePlaceOptions): StatePlace {
  const configPath = given(config) ? namedConfig(resolve(cwd, config)) : findConfig(cwd)
  if (given(stateDir)) return { stateDir: resolve(cwd, stateDir), configPath }
  return { stateDir: join(configPath === null ? cwd : dirname(configPath), stateDirName), configPath }
}

/** The nearest config file in `cwd` or a folder above it; null when there is none. */
export function findConfig(cwd: string): string | null {
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    const found = configNames.map((name) => join(folder, name)).find(isFile)
    if (found !== undefined) return found
    if (folder === dirname(folder)) return null
  }
}

/** An empty variable is an unset one. */
function given(value: string | undefined): value is string {
  return value !== undefined && value !== ''
}

function namedConfig(path: string): string {
  if (isFile(path)) return path
  throw new WholesalerError({
    kind: 'config',
    message: 'there is no such config file',
    hint: 'Check --config (or WHOLESALER_CONFIG), or leave it away: wholesaler.config.js is found by itself.',
    place: { file: path },
  })
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile()
  } catch (error: unknown) {
    // Not there, or in a folder that may not be looked into: not our config file.
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'ELOOP', 'ENAMETOOLONG')) return false
    throw error
  }
}
