/** What one server lets strangers and runaway scripts use (A6), with limits small enough to be reached. */
import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { createRateLimiter } from '../../src/serve/rate.js'
import { routes } from '../../src/serve/routes.js'
import { fixedClock } from '../support/fixed-clock.js'
import { ask } from './ask.js'
import { inServedPlace, type ServedPlace } from './serving.js'

const changing = routes.filter(({ method }) => method === 'POST').map(({ path }) => path.replace(/:\w+/g, '1'))

interface RawAnswer {
  readonly status: number
  readonly text: string
}

/** Writes to a socket what it likes, and tells what came back until the other side ended it. */
async function raw(place: ServedPlace, write: (socket: Socket) => void): Promise<RawAnswer> {
  const socket = connect(Number(new URL(place.url).port), '127.0.0.1')
  let text = ''
  socket.setEncoding('utf8').on('data', (data: string) => {
    text += data
  })
  // A server that hangs up while we still write is what is tested here.
  socket.on('error', () => {})
  write(socket)
  await new Promise((resolve) => socket.on('close', resolve))
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0), text }
}

const post = (path: string, headers: string) =>
  `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n${headers}\r\n`

describe('limits', () => {
  it('refuse a body that says that it is too long, before it is sent, on every route that takes one (A6)', () =>
    inServedPlace({ idle: true }, async (place) => {
      for (const path of changing) {
        const { status, text } = await raw(place, (socket) => socket.write(post(path, 'content-length: 104857600\r\n')))
        assert.equal(status, 413, path)
        assert.match(text, /"code":"too_large"/)
      }
    }))

  it('refuse a body that turns out to be too long, without keeping it', () =>
    inServedPlace({ idle: true, limits: { bodyBytesMax: 1000 } }, async (place) => {
      for (const path of changing) {
        const { status } = await raw(place, (socket) => {
          socket.write(post(path, 'transfer-encoding: chunked\r\n'))
          socket.write(`ffff\r\n${'x'.repeat(0xffff)}\r\n`)
        })
        assert.equal(status, 413, path)
      }
      const headers = { 'content-type': 'application/json' }
      const path = '/wp-json/wholesaler/v1/trigger-stuck-jobs'
      const ofLength = (length: number) => `{"x":"${'y'.repeat(length - 8)}"}`
      const just = await ask(place.url, { method: 'POST', path, headers, body: ofLength(1000) })
      const over = await ask(place.url, { method: 'POST', path, headers, body: ofLength(1001) })
      assert.deepEqual([just.status, over.status], [200, 413])
    }))

  it('end a request whose headers never come to an end, or whose body does not (A6)', () =>
    inServedPlace({ idle: true, limits: { headersTimeoutMs: 500, requestTimeoutMs: 1000 } }, async (place) => {
      const slow = await raw(place, (socket) => socket.write('GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\nx-slow: '))
      const silent = await raw(place, () => {})
      const half = await raw(place, (socket) => socket.write(post(changing[0] ?? '', 'content-length: 100\r\n')))

      assert.deepEqual([slow.status, half.status], [408, 408])
      // Nothing was asked, so nothing has to be answered; but it was ended.
      assert.ok([0, 408].includes(silent.status))
    }))

  it('refuse headers without end, and what is no HTTP, in words of JSON', () =>
    inServedPlace({ idle: true }, async (place) => {
      const long = await raw(place, (socket) =>
        socket.write(`GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`),
      )
      const noise = await raw(place, (socket) => socket.write('\u0016\u0003\u0001 hello\r\n\r\n'))
      const two = 'GET /api/jobs HTTP/1.1\r\nhost: 127.0.0.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n'
      const hosts = await raw(place, (socket) => socket.write(two))
      const none = await raw(place, (socket) => socket.write('GET /api/jobs HTTP/1.1\r\nconnection: close\r\n\r\n'))
      const old = await raw(place, (socket) => socket.write('GET /api/jobs HTTP/1.0\r\n\r\n'))

      assert.deepEqual([long.status, noise.status, hosts.status, none.status, old.status], [431, 400, 403, 400, 403])
      assert.match(long.text, /"success":false/)
      assert.match(noise.text, /"success":false/)
    }))

  it('leave connections beyond the limit outside, and let others in when there is room again (A6)', () =>
    inServedPlace({ idle: true, limits: { connectionsMax: 20 } }, async (place) => {
      const port = Number(new URL(place.url).port)
      const sockets = Array.from({ length: 60 }, () => connect(port, '127.0.0.1').on('error', () => {}))
      const closed = sockets.map((socket) => new Promise((resolve) => socket.resume().on('close', resolve)))
      // Those beyond the limit are ended by the server: forty of them.
      let ended = 0
      await new Promise<void>((resolve) => {
        for (const one of closed) void one.then(() => (++ended >= 40 ? resolve() : null))
      })
      for (const socket of sockets) socket.destroy()
      await Promise.all(closed)

      assert.equal((await place.get('/healthz')).status, 200)
    }))

  it('leave room for others when one address takes all the connections it can get', () =>
    inServedPlace({ idle: true, limits: { connectionsMax: 100, connectionsPerAddressMax: 10 } }, async (place) => {
      const port = Number(new URL(place.url).port)
      const greedy = { port, host: '127.0.0.1', localAddress: '127.0.0.2' }
      const sockets = Array.from({ length: 30 }, () => connect(greedy).on('error', () => {}))
      let ended = 0
      await new Promise<void>((resolve) => {
        for (const socket of sockets) socket.resume().on('close', () => (++ended >= 20 ? resolve() : null))
      })

      assert.equal((await place.get('/healthz')).status, 200)
      for (const socket of sockets) socket.destroy()
    }))

  it('let one address ask so often and no more, and say when to come again', () =>
    inServedPlace({ idle: true, limits: { requests: { burst: 5, perSecond: 0.5 } } }, async (place) => {
      const statuses: number[] = []
      for (let i = 0; i < 5; i += 1) statuses.push((await place.get('/api/jobs')).status)
      const { status, headers, json } = await place.get('/healthz')

      assert.deepEqual(statuses, [200, 200, 200, 200, 200])
      assert.deepEqual([status, json.error.code], [429, 'too_many_requests'])
      assert.match(headers['retry-after'] ?? '', /^[12]$/)
    }))

  it('let it change things less often than look at them', () =>
    inServedPlace({ idle: true, limits: { changes: { burst: 2, perSecond: 0.01 } } }, async (place) => {
      const path = '/wp-json/wholesaler/v1/trigger-stuck-jobs'
      const statuses = [await place.post(path), await place.post(path), await place.post(path)].map(
        ({ status }) => status,
      )

      assert.deepEqual(statuses, [200, 200, 429])
      assert.equal((await place.get('/api/jobs')).status, 200)
    }))

  it('slow down whoever guesses tokens, and not who has the right one', () =>
    inServedPlace({ idle: true, limits: { wrongTokens: { burst: 3, perSecond: 0.01 } } }, async (place) => {
      const wrong = { authorization: 'Bearer wrong' }
      const statuses: number[] = []
      const none = { 'sec-fetch-site': 'same-origin' }
      for (let i = 0; i < 5; i += 1) assert.equal((await place.get('/api/jobs', none)).status, 401)
      for (let i = 0; i < 5; i += 1) statuses.push((await place.get('/api/jobs', wrong)).status)

      assert.deepEqual(statuses, [401, 401, 401, 429, 429])
      assert.equal((await place.get('/api/jobs', { authorization: 'Bearer canary-0123456789abcdef' })).status, 200)
    }))

  it('let only so many watch', () =>
    inServedPlace({ idle: true, limits: { watchersMax: 2 } }, async (place) => {
      const end = new AbortController()
      const watch = () => fetch(`${place.url}/api/events`, { signal: end.signal })
      const statuses = [await watch(), await watch(), await watch()].map(({ status }) => status)
      end.abort()

      assert.deepEqual(statuses, [200, 200, 503])
    }))
})

describe('a rate limiter', () => {
  it('gives back with time what was taken, each address for itself', () => {
    const clock = fixedClock()
    const limiter = createRateLimiter({ burst: 2, perSecond: 0.5 }, clock)
    const first = [limiter.take('a'), limiter.take('a'), limiter.take('a'), limiter.take('b')]
    clock.advance(2_000)
    const later = [limiter.take('a'), limiter.take('a')]
    clock.advance(3_600_000)
    const full = [limiter.take('a'), limiter.take('a'), limiter.take('a')]

    assert.deepEqual(
      [first, later, full],
      [
        [0, 0, 2, 0],
        [0, 2],
        [0, 0, 2],
      ],
    )
  })

  it('remembers no more addresses than it has room for', () => {
    const clock = fixedClock()
    const limiter = createRateLimiter({ burst: 1, perSecond: 1 }, clock)
    for (let i = 0; i < 25_000; i += 1) assert.equal(limiter.take(`address ${i}`), 0)
  })
})
