import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import {
  createHttpClient,
  type HttpClient,
  type HttpClientOptions,
  type HttpRequest,
} from '../../../src/core/http/http-client.js'
import { HttpError } from '../../../src/core/http/http-error.js'
import { fixedClock } from '../../support/fixed-clock.js'
import { type LocalServer, withRawServer, withServer } from '../../support/local-server.js'
import { inTempDir } from '../../support/temp-dir.js'

const trusted: HttpRequest = { trusted: true }
const once: HttpRequest = { trusted: true, tries: 1 }

describe('the HTTP client', () => {
  it('hands out status, headers and body of any answer below 500', async () => {
    const listener: RequestListener = (request, response) => {
      response.writeHead(Number(request.url?.slice(1)), { 'X-Name': 'v' }).end('body')
    }
    await withServer(listener, async ({ host }) => {
      for (const status of [200, 204, 304, 400, 401, 403, 404, 410, 451]) {
        const response = await withClient((http) => http.get(`http://${host}/${status}`, trusted))

        assert.deepEqual(
          [response.status, response.headers['x-name'], response.url],
          [status, 'v', `http://${host}/${status}`],
        )
      }
    })
  })

  it('streams a body to its end', async () => {
    const body = Buffer.alloc(3_000_000, 'abc')
    await withServer(
      (_, response) => void response.end(body),
      async ({ host }) => {
        assert.ok((await fetchAll(`http://${host}/`, trusted)).equals(body))
      },
    )
  })

  it('uses one connection for requests one after the other, also when an answer is given up', async () => {
    const ports = new Set<number | undefined>()
    const listener: RequestListener = (request, response) => {
      ports.add(request.socket.remotePort)
      response.end('small')
    }
    await withServer(listener, async ({ host }) => {
      await withClient(async (http) => {
        for (let turn = 0; turn < 3; turn += 1) {
          const response = await http.get(`http://${host}/`, trusted)
          response.discard()
          await new Promise((resolve) => setImmediate(resolve))
        }
        await http.download(`http://${host}/`, trusted, readAll)
      })
      assert.ok(ports.size < 4)
    })
  })

  it('opens eight connections to a host for what waits its turn, which is not out of time meanwhile', async () => {
    const waves = 2
    const urlsOf = (host: string) => Array.from({ length: 8 * waves }, (_, index) => `http://${host}/${index}`)
    let open = 0
    let mostOpen = 0
    const slowly: RequestListener = (_, response) => {
      open += 1
      mostOpen = Math.max(mostOpen, open)
      setTimeout(() => {
        open -= 1
        response.end('late')
      }, 300)
    }
    await withServer(slowly, ({ host }) =>
      withClient(async (http) => {
        const hurry = { ...once, inTurn: true, idleMs: 550, deadlineMs: 550 }
        const bodies = await Promise.all(urlsOf(host).map((url) => http.download(url, hurry, readAll)))

        assert.deepEqual([bodies.length, mostOpen], [16, 8])
      }),
    )
  })

  it('lets all other requests out at once', async () => {
    const waiting: (() => void)[] = []
    const together: RequestListener = (_, response) => {
      waiting.push(() => response.end('here'))
      if (waiting.length === 12) for (const answer of waiting) answer()
    }
    await withServer(together, ({ host }) =>
      withClient(async (http) => {
        const bodies = await Promise.all(
          Array.from({ length: 12 }, () => http.download(`http://${host}/`, once, readAll)),
        )

        assert.equal(bodies.length, 12)
      }),
    )
  })

  it('gives up what waits for a connection as well when it is told to, without a word of Node about the signal', async () => {
    const warnings: string[] = []
    const onWarning = ({ message }: Error) => warnings.push(message)
    process.on('warning', onWarning)
    const stop = new AbortController()
    try {
      await withRawServer(
        (_, count) => {
          if (count === 8) stop.abort(new Error('enough'))
        },
        ({ host, connections }) =>
          withClient(async (http) => {
            const request = { ...once, inTurn: true, signal: stop.signal }
            const ends = await Promise.allSettled(
              Array.from({ length: 20 }, () => http.download(`http://${host}/`, request, readAll)),
            )

            const reasons = ends.map((end) => (end.status === 'rejected' ? end.reason.message : 'fetched'))
            assert.deepEqual([...new Set(reasons)], ['enough'])
            assert.equal(connections(), 8)
          }),
      )
      assert.deepEqual(warnings, [])
    } finally {
      process.off('warning', onWarning)
    }
  })

  it('removes gzip and brotli of the transfer', async () => {
    const listener: RequestListener = (request, response) => {
      const [encoding, body] = request.url === '/br' ? ['br', brotliCompressSync('text')] : ['gzip', gzipSync('text')]
      response.writeHead(200, { 'content-encoding': encoding }).end(body)
    }
    await withServer(listener, async ({ host }) => {
      assert.equal(String(await fetchAll(`http://${host}/br`, trusted)), 'text')
      assert.equal(String(await fetchAll(`http://${host}/gz`, trusted)), 'text')
    })
  })

  it('asks only for what has changed', async () => {
    await withServer(
      (_, response) => void response.writeHead(304).end(),
      async ({ host, requests }) => {
        const conditional = { etag: '"v1"', lastModified: 'Thu, 15 Jan 2026 12:00:00 GMT' }
        const response = await withClient((http) => http.get(`http://${host}/`, { ...trusted, conditional }))

        assert.equal(response.status, 304)
        assert.equal(requests[0]?.headers['if-none-match'], '"v1"')
        assert.equal(requests[0]?.headers['if-modified-since'], 'Thu, 15 Jan 2026 12:00:00 GMT')
      },
    )
  })

  it('sends user and password of the URL as a login', async () => {
    await withServer(
      (_, response) => void response.end('ok'),
      async ({ host, requests }) => {
        await fetchAll(`http://an%40na:p%3Aw@${host}/`, trusted)

        assert.equal(requests[0]?.headers.authorization, `Basic ${Buffer.from('an@na:p:w').toString('base64')}`)
      },
    )
  })

  it('shows no secret in its errors (A5)', async () => {
    const secrets = { headers: { authorization: 'Bearer SECRET1' }, trusted: true, tries: 1 }
    const error = await failure('http://user:SECRET2@127.0.0.1:1/feed?key=SECRET3', secrets)

    assert.equal(error.code, 'connect')
    assert.equal(/SECRET/.test(`${error.message} ${error.hint} ${inspect(error.cause)} ${error.stack}`), false)
  })

  describe('when something fails', () => {
    it('tries again after refused connections, then ends as temporary (N1)', async () => {
      const clock = fixedClock()
      const error = await failure('http://127.0.0.1:1/', trusted, { clock, random: () => 1 })

      assert.deepEqual([error.kind, error.code], ['temporary', 'connect'])
      assert.equal(clock.monotonic(), 1000 + 2000 + 4000 + 8000)
    })

    it('tries again after unknown names (N1)', async () => {
      let lookups = 0
      const resolve = async () => {
        lookups += 1
        throw Object.assign(new Error('getaddrinfo'), { code: lookups % 2 === 0 ? 'EAI_AGAIN' : 'ENOTFOUND' })
      }
      const error = await failure('http://nowhere.test/', {}, { resolve })

      assert.deepEqual([error.kind, lookups], ['temporary', 5])
    })

    it('tries again after 429 and 5xx, and gives the answer that comes at last (N6)', async () => {
      const statuses = [500, 502, 503, 429]
      await withServer(
        (_, response) => void response.writeHead(statuses.shift() ?? 200).end('there'),
        async ({ host, requests }) => {
          assert.equal(String(await fetchAll(`http://${host}/`, trusted)), 'there')
          assert.equal(requests.length, 5)
        },
      )
    })

    it('keeps no connection of an answer that it does not take (N6)', async () => {
      let open = 0
      const listener: RequestListener = (request, response) => {
        open += 1
        request.socket.once('close', () => {
          open -= 1
        })
        response.writeHead(503).write(Buffer.alloc(500_000))
      }
      await withServer(listener, async ({ host }) => {
        await withClient(async (http) => {
          await assert.rejects(http.get(`http://${host}/`, trusted), { code: 'status' })
          for (let turn = 0; open > 0 && turn < 1000; turn += 1) await new Promise((resolve) => setImmediate(resolve))
          assert.equal(open, 0)
        })
      })
    })

    it('ends as temporary when every answer is a 503 (N6)', async () => {
      await withServer(
        (_, response) => void response.writeHead(503).end(),
        async ({ host, requests }) => {
          const error = await failure(`http://${host}/`, trusted)

          assert.deepEqual([error.kind, error.code, error.status, requests.length], ['temporary', 'status', 503, 5])
        },
      )
    })

    it('waits as long as Retry-After says (N5)', async () => {
      const clock = fixedClock()
      const waits = ['7', new Date(clock.now() + 67_000).toUTCString(), '-3', '999999']
      const listener: RequestListener = (_, response) => {
        const wait = waits.shift()
        if (wait === undefined) response.end('ok')
        else response.writeHead(429, { 'retry-after': wait }).end()
      }
      await withServer(listener, async ({ host }) => {
        await fetchAll(`http://${host}/`, trusted, { clock, random: () => 0 })

        assert.equal(clock.monotonic(), 7000 + 60_000 + 0 + 300_000)
      })
    })

    it('never tries a refused login again (N19)', async () => {
      await withServer(
        (_, response) => void response.writeHead(401).end(),
        async ({ host, requests }) => {
          await withClient((http) => http.get(`http://${host}/`, trusted))

          assert.equal(requests.length, 1)
        },
      )
    })

    it('reads anew what broke off in the middle (N2)', async () => {
      let turn = 0
      const listener: RequestListener = (_, response) => {
        turn += 1
        response.writeHead(200, { 'content-length': 10 })
        if (turn < 3) response.write('half', () => response.destroy())
        else response.end('0123456789')
      }
      await withServer(listener, async ({ host }) => {
        assert.equal(String(await fetchAll(`http://${host}/`, trusted)), '0123456789')
        assert.equal(turn, 3)
      })
    })

    const badLengths: readonly (readonly [what: string, head: string])[] = [
      ['too long', 'Content-Length: 50'],
      ['too short', 'Content-Length: 3'],
      ['negative', 'Content-Length: -5'],
      ['given twice', 'Content-Length: 5\r\nContent-Length: 6'],
      ['missing the last chunk', 'Transfer-Encoding: chunked'],
    ]
    for (const [what, head] of badLengths) {
      it(`never takes a body as complete whose length is ${what} (N7)`, async () => {
        const body = head.startsWith('Transfer') ? '5\r\nhello\r\n' : 'hello'
        await withRawServer(
          (socket) => socket.end(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n${body}`),
          async ({ host }) => {
            assert.equal((await failure(`http://${host}/`, once)).code, 'truncated')
          },
        )
      })
    }

    it('takes a cut gzip transfer for cut off, and a wrong one for wrong', async () => {
      const packed = gzipSync('x'.repeat(10_000))
      const listener: RequestListener = (request, response) => {
        const body = request.url === '/cut' ? packed.subarray(0, -12) : Buffer.from('no gzip at all')
        response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': body.length }).end(body)
      }
      await withServer(listener, async ({ host }) => {
        assert.equal((await failure(`http://${host}/cut`, once)).code, 'truncated')
        assert.equal((await failure(`http://${host}/wrong`, once)).code, 'bad_answer')
      })
    })
  })

  describe('against servers that hold on', () => {
    it('gives up on silence before the head (N3)', async () => {
      await withRawServer(
        () => {},
        async ({ host }) => {
          assert.equal((await failure(`http://${host}/`, { ...once, idleMs: 50 })).code, 'timeout')
        },
      )
    })

    it('gives up on silence after the head (N3)', async () => {
      await withRawServer(
        (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe'),
        async ({ host }) => {
          const error = await failure(`http://${host}/`, { ...once, idleMs: 50 })

          assert.deepEqual([error.code, error.kind], ['timeout', 'temporary'])
        },
      )
    })

    it('gives up on a head that drips (N4)', async () => {
      await withRawServer(drip('HTTP/1.1 200 OK\r\nX-Long: ', 5), async ({ host }) => {
        assert.equal((await failure(`http://${host}/`, { ...once, idleMs: 60 })).code, 'timeout')
      })
    })

    it('gives up on a body below the least rate, though it never falls silent (N4)', async () => {
      await withRawServer(drip('HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n', 5), async ({ host }) => {
        const error = await failure(`http://${host}/`, once, { rateWindowMs: 80, bytesPerSecondMin: 1000 })

        assert.equal(error.code, 'too_slow')
      })
    })

    it('gives up at the deadline, whatever happens (N4)', async () => {
      await withRawServer(drip('HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n', 5), async ({ host }) => {
        assert.equal((await failure(`http://${host}/`, { ...once, deadlineMs: 80 })).code, 'timeout')
      })
    })

    it('does not take a slow reader for a slow server', async () => {
      const body = Buffer.alloc(400_000)
      await withServer(
        (_, response) => void response.end(body),
        async ({ host }) => {
          const size = await withClient((http) =>
            http.download(`http://${host}/`, { ...once, idleMs: 40 }, async (response) => {
              let read = 0
              for await (const chunk of response.body) {
                if (read === 0) await new Promise((resolve) => setTimeout(resolve, 100))
                read += chunk.length
              }
              return read
            }),
          )
          assert.equal(size, body.length)
        },
      )
    })

    it('stops when it is told to, with the reason given', async () => {
      const stop = new AbortController()
      await withRawServer(
        (socket) => {
          socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe')
          setTimeout(() => stop.abort(new Error('interrupted')), 20)
        },
        async ({ host }) => {
          await assert.rejects(fetchAll(`http://${host}/`, { ...trusted, signal: stop.signal }), /interrupted/)
          await assert.rejects(fetchAll(`http://${host}/`, { ...trusted, signal: stop.signal }), /interrupted/)
        },
      )
    })
  })

  describe('with more than was asked for', () => {
    it('refuses an announced length above the limit unread', async () => {
      await withServer(
        (_, response) => void response.end(Buffer.alloc(1001)),
        async ({ host }) => {
          assert.equal((await failure(`http://${host}/`, { ...trusted, maxBytes: 1000 })).code, 'too_large')
          assert.equal((await fetchAll(`http://${host}/`, { ...trusted, maxBytes: 1001 })).length, 1001)
        },
      )
    })

    it('stops an endless body at the limit (I13)', async () => {
      const listener: RequestListener = (_, response) => {
        const chunk = Buffer.alloc(65_536)
        const more = () => {
          if (!response.destroyed) response.write(chunk, () => setImmediate(more))
        }
        more()
      }
      await withServer(listener, async ({ host }) => {
        assert.equal((await failure(`http://${host}/`, { ...trusted, maxBytes: 1_000_000 })).code, 'too_large')
      })
    })

    it('stops bombs of gzip and brotli at the limit (N18)', async () => {
      const zeros = Buffer.alloc(20_000_000)
      const listener: RequestListener = (request, response) => {
        const [encoding, body] = request.url === '/br' ? ['br', brotliCompressSync(zeros)] : ['gzip', gzipSync(zeros)]
        response.writeHead(200, { 'content-encoding': encoding }).end(body)
      }
      await withServer(listener, async ({ host }) => {
        for (const path of ['br', 'gz']) {
          assert.equal((await failure(`http://${host}/${path}`, { ...trusted, maxBytes: 1_000_000 })).code, 'too_large')
        }
      })
    })

    it('refuses encodings within encodings (N18)', async () => {
      const listener: RequestListener = (_, response) => {
        response.writeHead(200, { 'content-encoding': 'gzip, gzip' }).end(gzipSync(gzipSync('x')))
      }
      await withServer(listener, async ({ host }) => {
        assert.equal((await failure(`http://${host}/`, trusted)).code, 'bad_answer')
      })
    })
  })

  describe('and addresses', () => {
    it('refuses private addresses that the operator has not typed, without connecting (N9)', async () => {
      await withServer(
        (_, response) => void response.end('canary'),
        async ({ host, port, requests }) => {
          for (const address of [host, `localhost:${port}`, `127.1:${port}`, `[::ffff:7f00:1]:${port}`, `0:${port}`]) {
            assert.equal((await failure(`http://${address}/`, {})).code, 'address_refused')
          }
          assert.equal(requests.length, 0)
        },
      )
    })

    it('refuses names that resolve to private addresses, also the second time (N10)', async () => {
      const addresses = ['127.0.0.1', '10.0.0.1', '169.254.169.254']
      const resolve = async () => [{ address: addresses.shift() ?? '127.0.0.1', family: 4 }]
      await withServer(
        (_, response) => void response.end('canary'),
        async ({ port, requests }) => {
          for (let turn = 0; turn < 4; turn += 1) {
            assert.equal((await failure(`http://rebind.test:${port}/`, {}, { resolve })).code, 'address_refused')
          }
          assert.equal(requests.length, 0)
        },
      )
    })

    it('connects to private hosts that are allowed', async () => {
      await withServer(
        (_, response) => void response.end('ok'),
        async ({ host, port }) => {
          const forRequest = { allowPrivateHosts: ['shop.test'] }

          assert.equal(String(await fetchAll(`http://shop.test:${port}/`, forRequest)), 'ok')
          assert.equal(String(await fetchAll(`http://${host}/`, {}, { allowPrivateHosts: ['127.0.0.1'] })), 'ok')
        },
      )
    })

    it('does not reuse a trusted connection for what is not trusted', async () => {
      await withServer(
        (_, response) => void response.end('ok'),
        async ({ port, requests }) => {
          await withClient(async (http) => {
            await http.download(`http://shop.test:${port}/`, trusted, readAll)
            await assert.rejects(http.download(`http://shop.test:${port}/`, { tries: 1 }, readAll), {
              code: 'address_refused',
            })
          })
          assert.equal(requests.length, 1)
        },
      )
    })

    for (const target of [
      'file:///etc/passwd',
      'data:text/plain,x',
      'gopher://127.0.0.1/',
      'ftp://127.0.0.1/',
      'nonsense',
    ]) {
      it(`refuses ${target} (N9)`, async () => {
        assert.deepEqual(((error) => [error.code, error.kind])(await failure(target, trusted)), ['bad_url', 'usage'])
      })
    }
  })

  describe('and redirects', () => {
    it('follows five and no more (N8)', async () => {
      const listener: RequestListener = (request, response) => {
        const left = Number(request.url?.slice(1))
        if (left === 0) response.end('there')
        else response.writeHead(302, { location: `/${left - 1}` }).end()
      }
      await withServer(listener, async ({ host, requests }) => {
        const response = await withClient((http) => http.get(`http://${host}/5`, trusted))
        assert.deepEqual([response.status, response.url], [200, `http://${host}/0`])

        assert.equal((await failure(`http://${host}/6`, trusted)).code, 'redirect')
        assert.equal(requests.length, 6 + 6)
      })
    })

    for (const target of [
      'http://127.0.0.1:1/',
      'http://169.254.169.254/',
      'http://10.0.0.1/',
      'http://[::1]/',
      'http://[::ffff:7f00:1]/',
      'http://0/',
      'http://017700000001/',
    ]) {
      it(`refuses to be led to ${target} (N9)`, async () => {
        await withServer(redirectTo(target), async ({ host }) => {
          assert.equal((await failure(`http://${host}/`, trusted)).code, 'address_refused')
        })
      })
    }

    for (const target of ['file:///etc/passwd', 'data:text/plain,x', 'gopher://127.0.0.1/', '//[bad']) {
      it(`refuses to be led to ${target} (N9)`, async () => {
        await withServer(redirectTo(target), async ({ host }) => {
          assert.equal((await failure(`http://${host}/`, trusted)).code, 'redirect')
        })
      })
    }

    it('keeps trusting the host that was typed, and only that one', async () => {
      const listener =
        (port: () => number): RequestListener =>
        (request, response) => {
          const next = { '/a': `http://b.test:${port()}/b`, '/b': `http://a.test:${port()}/end` }[request.url ?? '']
          if (next === undefined) response.end('end')
          else response.writeHead(302, { location: next }).end()
        }
      let portNow = 0
      await withServer(
        listener(() => portNow),
        async ({ port }) => {
          portNow = port
          assert.equal((await failure(`http://a.test:${port}/a`, trusted)).code, 'address_refused')
          const allowed = { ...trusted, allowPrivateHosts: ['b.test'] }
          assert.equal(String(await fetchAll(`http://a.test:${port}/a`, allowed)), 'end')
        },
      )
    })

    it('takes no credential to another host, port or back (N11)', async () => {
      const secrets = { authorization: 'Bearer KEY', cookie: 'session=KEY', 'x-api-key': 'KEY' }
      const listener: RequestListener = (request, response) => {
        const port = request.socket.localPort
        const next = { '/1': '/2', '/2': `http://b.test:${port}/3`, '/3': `http://a.test:${port}/4` }[request.url ?? '']
        if (next === undefined) response.end('end')
        else response.writeHead(302, { location: next }).end()
      }
      await withServer(listener, async ({ port, requests }) => {
        const request = { trusted: true, headers: secrets, allowPrivateHosts: ['b.test'] }
        await fetchAll(`http://a.test:${port}/1`, request)

        const carried = requests.map(
          ({ headers }) => Object.keys(secrets).filter((name) => headers[name] !== undefined).length,
        )
        assert.deepEqual(carried, [3, 3, 0, 0])
      })
    })

    it('sends no login that a redirect makes up', async () => {
      const listener: RequestListener = (request, response) => {
        if (request.url === '/end') response.end('end')
        else response.writeHead(302, { location: `http://evil:pw@${request.headers.host}/end` }).end()
      }
      await withServer(listener, async ({ host, requests }) => {
        await fetchAll(`http://${host}/`, trusted)

        assert.equal(requests[1]?.headers.authorization, undefined)
      })
    })
  })

  describe('and TLS', () => {
    it('refuses a certificate that nobody vouches for, at once and without a switch to skip it (N13)', async function () {
      await withTlsServer(this, async (port) => {
        const error = await failure(`https://127.0.0.1:${port}/`, trusted)

        assert.deepEqual([error.code, error.kind], ['tls', 'denied'])
        assert.match(error.hint ?? '', /NODE_EXTRA_CA_CERTS/)
      })
    })
  })

  describe('and proxies', () => {
    it('ignores the proxy of the environment (N22)', async () => {
      await withServer(
        (_, response) => void response.end('proxy'),
        async (proxy) => {
          await withServer(
            (_, response) => void response.end('direct'),
            async ({ port }) => {
              await withProxyEnv(proxy, async () => {
                assert.equal(String(await fetchAll(`http://shop.test:${port}/`, trusted)), 'direct')
              })
            },
          )
          assert.equal(proxy.requests.length, 0)
        },
      )
    })

    it('uses it when the operator trusts it, after its own look at the address (N22)', async () => {
      await withServer(
        (_, response) => void response.end('proxy'),
        async (proxy) => {
          await withProxyEnv(proxy, async () => {
            const trustProxy = { trustProxy: true }
            assert.equal(String(await fetchAll('http://shop.test/', trusted, trustProxy)), 'proxy')
            assert.equal((await failure('http://shop.test/', {}, trustProxy)).code, 'address_refused')
          })
          assert.equal(proxy.requests.length, 1)
        },
      )
    })
  })
})

/** Names that tests use stand for the loopback address. */
const loopback = async () => [{ address: '127.0.0.1', family: 4 }]

async function withClient<T>(body: (http: HttpClient) => Promise<T>, options: HttpClientOptions = {}): Promise<T> {
  const http = createHttpClient({ clock: fixedClock(), random: () => 0, resolve: loopback, ...options })
  try {
    return await body(http)
  } finally {
    http.close()
  }
}

function fetchAll(url: string, request: HttpRequest, options?: HttpClientOptions): Promise<Buffer> {
  return withClient((http) => http.download(url, request, readAll), options)
}

async function failure(url: string, request: HttpRequest, options?: HttpClientOptions): Promise<HttpError> {
  try {
    await fetchAll(url, request, options)
  } catch (error: unknown) {
    if (error instanceof HttpError) return error
    throw error
  }
  return assert.fail(`${url} was fetched`)
}

async function readAll({ body }: { readonly body: AsyncIterable<Buffer> }): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function redirectTo(location: string): RequestListener {
  return (_, response) => void response.writeHead(302, { location }).end()
}

/** Sends `start`, then a byte every `everyMs` until the other side hangs up. */
function drip(start: string, everyMs: number) {
  return (socket: import('node:net').Socket) => {
    socket.write(start)
    const timer = setInterval(() => socket.write('x'), everyMs)
    socket.on('close', () => clearInterval(timer))
  }
}

async function withProxyEnv(proxy: LocalServer, body: () => Promise<void>): Promise<void> {
  const names = ['HTTP_PROXY', 'http_proxy', 'NO_PROXY', 'no_proxy']
  const before = names.map((name) => process.env[name])
  for (const name of names) process.env[name] = name.toLowerCase() === 'no_proxy' ? '' : `http://${proxy.host}`
  try {
    await body()
  } finally {
    names.forEach((name, index) => {
      const value = before[index]
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    })
  }
}

/** A server whose certificate is its own, made by openssl; skips aloud where that is missing. */
async function withTlsServer(test: Mocha.Context, body: (port: number) => Promise<void>): Promise<void> {
  await inTempDir(async (dir) => {
    const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')]
    try {
      const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1']
      const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
      execFileSync('openssl', ['req', '-x509', ...curve, '-keyout', key, '-out', cert, ...subject], { stdio: 'ignore' })
    } catch {
      console.error('      skipped: openssl is needed to make a certificate')
      test.skip()
    }
    const server = createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_, response) =>
      response.end('ok'),
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      await body((server.address() as AddressInfo).port)
    } finally {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  })
}
