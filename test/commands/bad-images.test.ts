import assert from 'node:assert/strict'
import { gzipSync } from 'node:zlib'
import sharp from 'sharp'
import { animation, jpeg, pixelBomb, png } from '../core/images/pictures.js'
import { type ImageAnswer, withImageServer } from '../support/image-server.js'
import { withRawServer } from '../support/local-server.js'
import { inWorkplace } from './workplace.js'

/** What a server may answer where a picture should be, and what the report says of it. */
async function badAnswers(canary: string): Promise<Readonly<Record<string, readonly [ImageAnswer, RegExp]>>> {
  const whole = await jpeg(1, { width: 400, height: 300 })
  const html = '<!DOCTYPE html><title>Sign in</title>'
  return {
    'I1-page': [{ kind: 'body', type: 'image/jpeg', body: html }, /HTML page/],
    'I1-json': [{ kind: 'body', type: 'image/jpeg', body: '{"error":404}' }, /JSON/],
    'I2-empty': [Buffer.alloc(0), /empty/],
    'I2-short': [whole.subarray(0, whole.length / 2), /damaged or cut short/],
    'I2-broken': [{ kind: 'truncated', body: whole }, /ended early|reset/],
    'I3-bomb': [await pixelBomb(), /pixels/],
    'I3-avif': [
      await sharp(await png({ width: 4200, height: 4000 }))
        .avif({ effort: 0 })
        .toBuffer(),
      /pixels/,
    ],
    'I3-webp': [await animation(301, 'webp', 2, 2), /frames/],
    'I3-gif': [await animation(301, 'gif', 2, 2), /frames/],
    'I7-svg': [{ kind: 'body', type: 'image/svg+xml', body: '<svg><script>x()</script></svg>' }, /SVG/],
    'I12-404': [{ kind: 'status', status: 404 }, /404/],
    'I12-410': [{ kind: 'status', status: 410 }, /410/],
    'I12-403': [{ kind: 'status', status: 403 }, /403/],
    'I12-451': [{ kind: 'status', status: 451 }, /451/],
    'I13-endless': [{ kind: 'endless' }, /more than/],
    'N8-loop': [{ kind: 'redirect', to: '/N8-loop.jpg' }, /redirects/],
    'N9-inside': [{ kind: 'redirect', to: `http://${canary}/1.jpg` }, /private or local/],
    'N9-file': [{ kind: 'redirect', to: 'file:///etc/passwd' }, /not an http/],
    'N18-bomb': [{ kind: 'packed', body: gzipSync(Buffer.alloc(64 * 1024 * 1024)) }, /more than/],
  }
}

describe('bad images of a feed', function () {
  this.timeout(120_000)

  it('cost no product and no other image, are all reported, and stay within limits', () =>
    withRawServer(
      (socket) => socket.end(),
      (canary) =>
        withImageServer((server) =>
          inWorkplace(async (place) => {
            // Another port of a host that is allowed: only `host:port` of the server is.
            const answers = await badAnswers(canary.host)
            const rows: string[] = []
            for (const [name, [answer]] of Object.entries(answers)) {
              server.serve(`/${name}.jpg`, answer)
              server.serve(`/${name}-fine.jpg`, await jpeg(rows.length))
              rows.push(`${name},Product,${server.url(`/${name}.jpg`)}|${server.url(`/${name}-fine.jpg`)}`)
            }
            await place.write('shop.csv', `sku,name,images\n${rows.join('\n')}\n`)

            const { code, stdout } = await place.run(
              'import',
              'shop.csv',
              '--allow-private-host',
              server.host,
              '--ndjson',
            )

            const events = stdout
              .trim()
              .split('\n')
              .map((line) => JSON.parse(line))
            const summary = events.at(-1)
            assert.deepEqual([code, summary.job.total_created], [3, rows.length])
            assert.deepEqual([summary.images.attached, summary.images.failed], [rows.length, rows.length])
            const reasons = new Map(
              events.flatMap(({ type, outcome, key, reason }) =>
                type === 'image' && outcome === 'failed' ? [[key, reason] as const] : [],
              ),
            )
            for (const [name, [, reason]] of Object.entries(answers))
              assert.match(reasons.get(name.toLowerCase()) ?? '', reason, `${name}: ${reasons.get(name.toLowerCase())}`)
            assert.equal(canary.connections(), 0)
            // The endless one is broken off at 20 MB, each of two times; what was under way then is a few MB more.
            assert.ok(server.bytesSent() < 64 * 1024 * 1024, `${server.bytesSent()} bytes`)
          }),
        ),
    ))
})
