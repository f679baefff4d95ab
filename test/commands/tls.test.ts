import assert from 'node:assert/strict'
import { createServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import { runCli } from '../cli/run-cli.js'
import { type Authority, makeAuthority } from '../support/certificates.js'
import { inTempDir } from '../support/temp-dir.js'
import { answerOf, csvFeed } from './workplace.js'

interface Secure {
  readonly authority: Authority
  /** Imports a feed from a server with these settings. Default of `env`: the operator named the authority. */
  importFrom(options: ServerOptions, env?: Readonly<Record<string, string>>): Promise<ReturnType<typeof answerOf>>
}

/** Skips aloud where there is no `openssl` to make certificates with. */
async function withAuthority(test: Mocha.Context, body: (secure: Secure) => Promise<void>): Promise<void> {
  await inTempDir(async (dir) => {
    const authority = await makeAuthority(dir)
    if (authority === null) {
      console.error('      skipped: openssl is needed to make certificates')
      test.skip()
    }
    await body({
      authority,
      importFrom: async (options, env = { NODE_EXTRA_CA_CERTS: authority.path }) => {
        const server = createServer(options, (_, response) => response.end(csvFeed(['A'])))
        await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
        try {
          const { port } = server.address() as AddressInfo
          const args = ['import', `https://localhost:${port}/feed.csv`, '--json', '--state-dir', `${dir}/state`]
          return answerOf(await runCli(args, { cwd: dir, env }))
        } finally {
          server.closeAllConnections()
          await new Promise((resolve) => server.close(resolve))
        }
      },
    })
  })
}

describe('a secure connection (N13)', function () {
  this.timeout(30_000)

  it('is accepted by an authority that the operator named, and refused without it', async function () {
    await withAuthority(this, async ({ authority, importFrom }) => {
      const identity = await authority.issue('localhost')

      assert.equal((await importFrom(identity)).code, 0)
      const refused = await importFrom(identity, {})
      assert.deepEqual([refused.code, refused.error?.code], [4, 'denied'])
      assert.match(refused.error?.hint ?? '', /NODE_EXTRA_CA_CERTS/)
    })
  })

  it('is refused when the certificate is over', async function () {
    await withAuthority(this, async ({ authority, importFrom }) => {
      const { code, error } = await importFrom(await authority.issue('localhost', -1))

      assert.equal(code, 4)
      assert.match(error?.message ?? '', /CERT_HAS_EXPIRED/)
    })
  })

  it('is refused when the certificate is for another name', async function () {
    await withAuthority(this, async ({ authority, importFrom }) => {
      const { code, error } = await importFrom(await authority.issue('shop.example'))

      assert.equal(code, 4)
      assert.match(error?.message ?? '', /ERR_TLS_CERT_ALTNAME_INVALID/)
    })
  })

  it('is refused when the server speaks nothing newer than TLS 1.0', async function () {
    await withAuthority(this, async ({ authority, importFrom }) => {
      const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'DEFAULT:@SECLEVEL=0' } as const
      const { code, error } = await importFrom({ ...(await authority.issue('localhost')), ...old })

      assert.equal(code, 4)
      assert.match(error?.message ?? '', /secure connection was not accepted/)
    })
  })

  it('is not made by a switch that skips the checks', async function () {
    await withAuthority(this, async ({ authority, importFrom }) => {
      const { code } = await importFrom(await authority.issue('localhost'), { NODE_TLS_REJECT_UNAUTHORIZED: '0' })

      assert.equal(code, 4)
    })
  })
})
