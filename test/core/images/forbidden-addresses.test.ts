import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { createHttpClient } from '../../../src/core/http/http-client.js'
import { createDownload } from '../../../src/core/images/download.js'
import { normalizeUrl } from '../../../src/core/images/normalize-url.js'
import { fixedClock } from '../../support/fixed-clock.js'
import { forbiddenUrls } from '../../support/forbidden-addresses.js'
import { withServer } from '../../support/local-server.js'
import { inTempDir } from '../../support/temp-dir.js'

/** Counts connections to a port on all addresses of this machine, of both families where there are two. */
async function withCanary(body: (canary: { readonly port: number; connections(): number }) => Promise<void>) {
  let connections = 0
  const listen = (server: Server, port: number, host: string): Promise<boolean> =>
    new Promise((resolve) => {
      server.once('error', () => resolve(false)) // A machine without IPv6.
      server.listen({ port, host, ipv6Only: host === '::' }, () => resolve(true))
    })
  const create = (): Server =>
    createServer((socket) => {
      connections += 1
      socket.destroy()
    })
  const [four, six] = [create(), create()]
  await listen(four, 0, '0.0.0.0')
  const { port } = four.address() as AddressInfo
  const hasSix = await listen(six, port, '::')
  try {
    await body({ port, connections: () => connections })
  } finally {
    four.close()
    if (hasSix) six.close()
  }
}

/** Whatever a name says, it leads here. */
const toThisMachine = async () => [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
]

describe('addresses that no image may come from (N9)', function () {
  this.timeout(60_000)

  /** What becomes of each reference, asked for as an image is. */
  async function codesOf(
    urls: readonly string[],
    allowed: readonly string[] = [],
  ): Promise<ReadonlyMap<string, string>> {
    const http = createHttpClient({ clock: fixedClock(), random: () => 0, resolve: toThisMachine })
    try {
      return await inTempDir(async (dir) => {
        const tmpDir = join(dir, 'tmp')
        await mkdir(tmpDir)
        const download = createDownload({ http, tmpDir, folders: [dir], allowPrivateHosts: allowed })
        const codes = new Map<string, string>()
        for (const url of urls) {
          const address = normalizeUrl(url, { folders: [dir], url: null })
          const result = address.ok ? await download(address, AbortSignal.timeout(5000)) : address
          codes.set(url, result.ok ? 'fine' : result.code)
        }
        return codes
      })
    } finally {
      http.close()
    }
  }

  it('are refused in more than 200 spellings, without a connection', () =>
    withCanary(async ({ port, connections }) => {
      const urls = forbiddenUrls(port)
      assert.ok(urls.length >= 200, `${urls.length} spellings`)

      const codes = await codesOf(urls)

      // One that is broken by a line end is taken for a path below the feed's folder.
      for (const [url, code] of codes) assert.match(code, /^(?:address_refused|bad_url|no_file)$/, url)
      assert.equal(connections(), 0)
    }))

  it('are refused as targets of redirects, without a connection', () =>
    withCanary(async ({ port, connections }) => {
      const targets = forbiddenUrls(port).map((url) => url.replace(/[\t\n]/g, '').trim())
      await withServer(
        (request, response) => {
          const target = targets[Number(request.url?.slice(1))] ?? ''
          // Header values are bytes: what is not ASCII comes as UTF-8, as browsers take it.
          response.writeHead(302, { location: Buffer.from(target).toString('latin1') }).end()
        },
        async ({ host, requests }) => {
          const codes = await codesOf(
            targets.map((_, index) => `http://${host}/${index}`),
            [host],
          )

          for (const [url, code] of codes) {
            const target = targets[Number(url.slice(url.lastIndexOf('/') + 1))]
            assert.match(code, /^(?:address_refused|redirect|http_302)$/, target)
          }
          // Some are relative to the server that redirects, which has nothing there.
          assert.ok(requests.length >= targets.length)
        },
      )
      assert.equal(connections(), 0)
    }))
})
