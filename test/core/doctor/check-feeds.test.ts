import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { loadConfig } from '../../../src/core/config/load-config.js'
import { runChecks } from '../../../src/core/doctor/check.js'
import { checkConfig, checkFeeds } from '../../../src/core/doctor/check-feeds.js'
import { createHttpClient } from '../../../src/core/http/http-client.js'
import { fixedClock } from '../../support/fixed-clock.js'
import { withServer } from '../../support/local-server.js'
import { inTempDir } from '../../support/temp-dir.js'
import { machine } from './sick-machine.js'

async function findFeeds(dir: string, feeds: Readonly<Record<string, string>>, ills = {}) {
  const path = join(dir, 'wholesaler.config.json')
  const wholesalers = Object.fromEntries(Object.entries(feeds).map(([name, feed]) => [name, { feed }]))
  await writeFile(path, JSON.stringify({ wholesalers }))
  const http = createHttpClient()
  try {
    const around = { cwd: dir, env: {} }
    const checks = checkFeeds({ config: await loadConfig(path), around, http, machine: machine(ills) })
    return (await runChecks(checks)).map(({ id, status, message }) => ({ found: `${id} ${status}`, message }))
  } finally {
    http.close()
  }
}

const only = (findings: readonly { readonly found: string }[]) => findings.map(({ found }) => found)

describe('checkConfig', () => {
  it('is content with none and with a good one, and fails for a bad one', () =>
    inTempDir(async (dir) => {
      const path = join(dir, 'wholesaler.config.json')
      const statusOf = async (config: string | null) => (await runChecks([checkConfig(config)]))[0]?.status
      assert.equal(await statusOf(null), 'ok')

      await writeFile(path, '{"wholesalers":{"a":{"feed":"a.csv"}}}')
      assert.equal(await statusOf(path), 'ok')

      await writeFile(path, '{"wholesalers":{"a":{"fed":"a.csv"}}}')
      assert.equal(await statusOf(path), 'fail')
    }))
})

describe('checkFeeds', () => {
  it('finds files that are there, and says which are not, or are empty', () =>
    inTempDir(async (dir) => {
      await writeFile(join(dir, 'a.csv'), 'sku\n1\n')
      await writeFile(join(dir, 'b.csv'), '')

      const findings = await findFeeds(dir, { a: 'a.csv', b: 'b.csv', c: 'c.csv', d: '.' })

      assert.deepEqual(only(findings), ['feed:a ok', 'feed:b fail', 'feed:c fail', 'feed:d fail'])
    }))

  it('asks servers, tells their refusals, and never a key', () =>
    inTempDir((dir) =>
      withServer(
        (request, response) => {
          response.statusCode = Number(request.url?.slice(1, 4))
          response.end()
        },
        async ({ host }) => {
          const feeds = Object.fromEntries(
            [200, 403, 404, 503].map((code) => [`s${code}`, `http://${host}/${code}?key=canary`]),
          )

          const findings = await findFeeds(dir, feeds, { clock: { ...fixedClock(), now: Date.now } })

          assert.deepEqual(only(findings), ['feed:s200 ok', 'feed:s403 fail', 'feed:s404 fail', 'feed:s503 fail'])
          assert.doesNotMatch(JSON.stringify(findings), /canary/)
        },
      ),
    ))

  it('says that nobody answers', () =>
    inTempDir(async (dir) => {
      assert.deepEqual(only(await findFeeds(dir, { a: 'http://127.0.0.1:1/feed.csv' })), ['feed:a fail'])
    }))

  it('warns of a clock that is more than 30 s off the server, either way', () =>
    inTempDir((dir) =>
      withServer(
        (_, response) => response.setHeader('date', 'Thu, 15 Jan 2026 12:00:00 GMT').end(),
        async ({ host }) => {
          const at = async (offMs: number) => {
            const clock = fixedClock(Date.UTC(2026, 0, 15, 12) + offMs)
            return (await findFeeds(dir, { a: `http://${host}/` }, { clock })).at(-1)
          }

          assert.equal((await at(30_000))?.found, 'feed:a ok')
          assert.equal((await at(31_000))?.message, 'the clock of this machine is 31 s ahead of the server of a feed')
          assert.equal((await at(-600_000))?.message, 'the clock of this machine is 600 s behind the server of a feed')
        },
      ),
    ))
})
