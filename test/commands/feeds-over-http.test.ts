import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { withServer } from '../support/local-server.js'
import { csvFeed, inWorkplace } from './workplace.js'

describe('a feed over http', function () {
  this.timeout(30_000)

  const steps = (stdout: string) =>
    stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
      .flatMap(({ type, step, state }) => (type === 'step' && state === 'started' ? [step] : []))

  it('that has not changed since (304) is not parsed', async () => {
    const asked: (string | undefined)[] = []
    await withServer(
      ({ headers }, response) => {
        const tag = headers['if-none-match']
        asked.push(tag)
        if (tag === '"one"') response.writeHead(304).end()
        else response.writeHead(200, { etag: '"one"', 'content-type': 'text/csv' }).end(csvFeed(['A', 'B']))
      },
      async ({ host }) => {
        await inWorkplace(async ({ run, importJson }) => {
          const first = await importJson(`http://${host}/feed.csv`)
          assert.deepEqual([first.code, first.job?.total_created], [0, 2])

          const second = await run('import', `http://${host}/feed.csv`, '--ndjson')
          assert.deepEqual([second.code, asked], [0, [undefined, '"one"']])
          assert.equal(steps(second.stdout).includes('stage'), false)
        })
      },
    )
  })

  for (const [status, code, kind] of [
    [404, 7, 'feed_missing'],
    [410, 7, 'feed_missing'],
    [401, 4, 'denied'],
    [403, 4, 'denied'],
  ] as const) {
    it(`that answers ${status} ends with ${code} after one request, and shows no secret of its address`, async () => {
      await withServer(
        (_, response) => void response.writeHead(status).end('no'),
        async ({ host, requests }) => {
          await inWorkplace(async ({ importJson }) => {
            const { code: ended, error } = await importJson(`http://me:pa55@${host}/feed.csv?key=s3cret`)
            assert.deepEqual([ended, error?.code, requests.length], [code, kind, 1])
            assert.match(error?.message ?? '', /\/feed\.csv/)
            assert.doesNotMatch(JSON.stringify(error), /pa55|s3cret/)
          })
        },
      )
    })
  }

  it('that redirects to a private address is refused with 4, and that address sees nothing (N9)', async () => {
    const other = (body: (host: string, seen: () => number) => Promise<void>) =>
      withServer(
        (_, response) => void response.end(csvFeed(['EVIL'])),
        ({ host, requests }) => body(host, () => requests.length),
      )
    await other(async (canary, seen) => {
      await withServer(
        (_, response: ServerResponse) => void response.writeHead(302, { location: `http://${canary}/x.csv` }).end(),
        async ({ host }) => {
          await inWorkplace(async ({ importJson }) => {
            const refused = await importJson(`http://${host}/feed.csv`)
            assert.deepEqual([refused.code, refused.error?.code, seen()], [4, 'denied', 0])

            const allowed = await importJson(`http://${host}/feed.csv`, '--allow-private-host', canary)
            assert.deepEqual([allowed.code, allowed.job?.total_created], [0, 1])
          })
        },
      )
    })
  })

  it('that fails for a while ends with 5 after a few tries, within seconds: no host, no answer, 500 (N1, N6)', async () => {
    await withServer(
      (_, response) => void response.writeHead(500).end('oops'),
      async ({ host, requests }) => {
        const closed = await withServer(
          () => {},
          async (server) => server.host,
        )
        const urls = ['http://nosuch.invalid/feed.csv', `http://${closed}/feed.csv`, `http://${host}/feed.csv`]
        const answers = await Promise.all(
          urls.map((url) => inWorkplace(({ importJson }) => importJson(url, '--as', 'acme'))),
        )
        for (const [index, { code, success, error, job }] of answers.entries()) {
          assert.deepEqual([code, success, error?.code], [5, false, 'temporary'], urls[index])
          assert.deepEqual([job?.status, job?.reason], ['failed', 'transient'])
        }
        assert.equal(requests.length, 5)
      },
    )
  })

  it('that changes is imported by its changes', async () => {
    let body = csvFeed(['A', 'B'])
    await withServer(
      (_, response) => void response.end(body),
      async ({ host }) => {
        await inWorkplace(async ({ importJson }) => {
          await importJson(`http://${host}/feed.csv`)
          body = csvFeed(['B', 'C'])
          const { code, feed } = await importJson(`http://${host}/feed.csv`)
          assert.deepEqual([code, feed.staged], [0, { new: 1, changed: 0, unchanged: 1, missing: 1 }])
        })
      },
    )
  })
})
