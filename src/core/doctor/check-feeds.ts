/** The config, and whether its feeds are to be had. */
import { open } from 'node:fs/promises'
import type { Config } from '../config/config.js'
import { loadConfig } from '../config/load-config.js'
import { resolveWholesalers, type Surroundings } from '../config/resolve-wholesalers.js'
import { messageOf, withoutSecrets } from '../errors.js'
import type { HttpClient } from '../http/http-client.js'
import type { Wholesaler } from '../wholesaler.js'
import { type Check, type Finding, fail, ok, warn } from './check.js'
import type { Machine } from './machine.js'

/** Milliseconds; a server that takes longer to answer is one to know of. */
const answerWithinMs = 15_000
/** Milliseconds. TLS, and what a shop signs by time, tolerate little more. */
const skewMaxMs = 30_000

export function checkConfig(path: string | null): Check {
  const id = 'config'
  return {
    id,
    async run() {
      if (path === null) return [ok(id, 'no config file: what is imported is named on the command line')]
      const { wholesalers } = await loadConfig(path)
      return [ok(id, `${path}, wholesalers: ${Object.keys(wholesalers).join(', ') || 'none'}`)]
    },
  }
}

export interface FeedChecks {
  readonly config: Config
  readonly around: Surroundings
  readonly http: Pick<HttpClient, 'get'>
  readonly machine: Machine
}

/** One check for each configured wholesaler, and the skew of this clock against the servers they come from. */
export function checkFeeds({ config, around, http, machine }: FeedChecks): readonly Check[] {
  return Object.keys(config.wholesalers).map((name) => ({
    id: `feed:${name}`,
    async run() {
      const request = { source: name, as: null, preset: null, format: null, lenient: false }
      const [wholesaler] = resolveWholesalers(config, request, around)
      return wholesaler === undefined ? [] : await findFeed(`feed:${name}`, wholesaler, http, machine)
    },
  }))
}

async function findFeed(
  id: string,
  { source, headers }: Wholesaler,
  http: Pick<HttpClient, 'get'>,
  machine: Machine,
): Promise<readonly Finding[]> {
  switch (source.kind) {
    case 'stdin':
      return [ok(id, 'comes by standard input')]
    case 'file':
      return [await findFile(id, source.path)]
    case 'url':
      return await findUrl(id, source.url, { headers, http, machine })
  }
  source satisfies never
  return []
}

async function findFile(id: string, path: string): Promise<Finding> {
  try {
    const file = await open(path, 'r')
    try {
      const stats = await file.stat()
      if (!stats.isFile()) return fail(id, `${path} is not a file`, 'Correct `feed` in the config.')
      return stats.size === 0
        ? fail(id, `${path} is empty`, 'See whether the wholesaler has sent it.')
        : ok(id, `${path}, ${stats.size} bytes`)
    } finally {
      await file.close()
    }
  } catch (error: unknown) {
    return fail(id, messageOf(error), 'Correct `feed` in the config, or the rights of the file.')
  }
}

/** Asks for the feed and reads nothing of it: some servers answer HEAD with what is not true of GET. */
async function findUrl(
  id: string,
  url: string,
  { headers, http, machine }: Pick<FeedChecks, 'http' | 'machine'> & Pick<Wholesaler, 'headers'>,
): Promise<readonly Finding[]> {
  const shown = withoutSecrets(url)
  const request = { headers, trusted: true, tries: 1, idleMs: answerWithinMs, deadlineMs: answerWithinMs }
  const response = await http.get(url, request)
  response.discard()
  const { status } = response
  const found = status === 200 ? ok(id, `${shown} answers`) : fail(id, `${shown} answers ${status}`, hintOf(status))
  return [found, ...skewOf(response.headers.date, machine)]
}

function hintOf(status: number): string {
  if (status === 401 || status === 403) return 'Check the login or key of this feed.'
  return status === 404 || status === 410 ? 'Ask the wholesaler for the new address.' : 'Try again later.'
}

/** The clock against an answer's Date, which is exact to a second. */
function skewOf(date: string | undefined, { clock }: Machine): readonly Finding[] {
  const theirs = Date.parse(date ?? '')
  if (Number.isNaN(theirs)) return []
  const skewMs = clock.now() - theirs
  if (Math.abs(skewMs) <= skewMaxMs) return []
  const by = `${Math.round(Math.abs(skewMs) / 1000)} s ${skewMs > 0 ? 'ahead of' : 'behind'}`
  const hint = 'Switch time synchronisation on: timedatectl set-ntp true'
  return [warn('clock-skew', `the clock of this machine is ${by} the server of a feed`, hint)]
}
