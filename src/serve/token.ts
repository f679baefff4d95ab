/**
 * The secret that lets requests in, and what is derived from it for the page.
 *
 * It comes from `WHOLESALER_TOKEN` or from the file `serve-token` of the state folder, and goes nowhere else: not into
 * argv, logs, errors or the page. The page's cookie is signed with it, so that the page outlives a new start of
 * the server, and ends with the token.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { constants } from 'node:fs'
import { mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../core/clock.js'
import { hasCode, WholesalerError } from '../core/errors.js'

export const tokenVariable = 'WHOLESALER_TOKEN'
export const tokenFileName = 'serve-token'

/** Shorter ones can be guessed. */
const lengthMin = 16
const othersMayRead = 0o077

export interface TokenSource {
  readonly stateDir: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Make one when there is none. */
  readonly make: boolean
}

/**
 * The token; null when there is none and none is to be made. Throws `config` for one that is too short, and for a
 * file that others may read.
 */
export async function readToken({ stateDir, env, make }: TokenSource): Promise<string | null> {
  const said = env[tokenVariable]
  if (said !== undefined && said !== '') return checked(said, tokenVariable)
  const path = join(stateDir, tokenFileName)
  const kept = await readTokenFile(path)
  if (kept !== null || !make) return kept
  await mkdir(stateDir, { recursive: true, mode: 0o700 })
  return await makeTokenFile(path)
}

async function readTokenFile(path: string): Promise<string | null> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    try {
      const stats = await file.stat()
      if (!stats.isFile()) throw refused(path, 'is not a regular file', 'Move it away; serve makes a new one.')
      if ((stats.mode & othersMayRead) !== 0)
        throw refused(path, 'may be read by others', `Take that right away: chmod 600 ${path}`)
      return checked((await file.readFile('utf8')).trim(), path)
    } finally {
      await file.close()
    }
  } catch (error: unknown) {
    if (hasCode(error, 'ENOENT')) return null
    if (hasCode(error, 'ELOOP')) throw refused(path, 'is a symbolic link', 'Put the file itself here.')
    throw error
  }
}

/** Two servers that start at once get the same one. */
async function makeTokenFile(path: string): Promise<string> {
  const token = randomBytes(32).toString('base64url')
  try {
    const { O_CREAT, O_EXCL, O_WRONLY } = constants
    const file = await open(path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
    try {
      await file.writeFile(`${token}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
    return token
  } catch (error: unknown) {
    if (!hasCode(error, 'EEXIST')) throw error
    const other = await readTokenFile(path)
    if (other === null) throw error
    return other
  }
}

function checked(token: string, place: string): string {
  if (token.length >= lengthMin && /^[\x21-\x7e]+$/.test(token)) return token
  throw new WholesalerError({
    kind: 'config',
    message: `the token of ${place} is not one: at least ${lengthMin} characters are needed, without spaces`,
    hint: 'Make one with: openssl rand -hex 32',
  })
}

function refused(path: string, why: string, hint: string): WholesalerError {
  return new WholesalerError({ kind: 'config', message: `the token's file ${why}`, hint, place: { file: path } })
}

/** Compares in a time that says nothing about where two texts differ, nor how long they are. */
export function sameText(one: string, other: string): boolean {
  return timingSafeEqual(digest(one), digest(other))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/** Seconds that a browser stays signed in. */
const passSeconds = 7 * 24 * 3600
/** Milliseconds in which the link that was printed may be opened. */
const codeMs = 15 * 60_000

/** How browsers get in: a code that works once, then a cookie. */
export interface Passes {
  /** A new code for `/login`. */
  newCode(): string
  /** True once for each code, and not for long. */
  takeCode(code: string): boolean
  /** Value of the page's cookie. */
  newPass(): string
  isPass(value: string): boolean
  readonly seconds: number
  /** Of the cookie; another one for each token, for browsers tell servers of one machine apart by nothing else. */
  readonly cookieName: string
}

/** Codes that were not used; the oldest is forgotten. */
const codesMax = 20

export function createPasses(token: string, clock: Clock): Passes {
  const codes = new Map<string, number>()
  const sign = (until: string) => createHmac('sha256', token).update(`page until ${until}`).digest('base64url')
  const mark = createHash('sha256').update(`cookie of ${token}`).digest('hex').slice(0, 8)
  return {
    seconds: passSeconds,
    cookieName: `wholesaler_${mark}`,
    newCode() {
      const code = randomBytes(24).toString('base64url')
      codes.set(code, clock.monotonic() + codeMs)
      const [oldest] = codes.keys()
      if (codes.size > codesMax && oldest !== undefined) codes.delete(oldest)
      return code
    },
    takeCode(code) {
      const found = [...codes.keys()].filter((known) => sameText(known, code))
      const [until] = found.map((known) => codes.get(known) ?? 0)
      for (const known of found) codes.delete(known)
      return until !== undefined && clock.monotonic() < until
    },
    newPass() {
      const until = String(Math.floor(clock.now() / 1000) + passSeconds)
      return `${until}.${sign(until)}`
    },
    isPass(value) {
      const [until = '', signature = ''] = value.split('.')
      if (!/^\d{1,15}$/.test(until) || !sameText(signature, sign(until))) return false
      return Number(until) > clock.now() / 1000
    },
  }
}
