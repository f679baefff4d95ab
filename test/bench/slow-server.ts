/**
 * Small pictures, each another one, from a server that is 80 ms away. Run as a process of its own, so that what is
 * measured does not wait for it; prints its port. `/since-first` tells the milliseconds since the first picture was
 * asked for, and begins anew.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import sharp from 'sharp'

const latencyMs = 80

/** A photograph of a catalog page, some 15 KB; a comment at its end makes other bytes of it. */
const picture = await sharp({
  create: {
    width: 160,
    height: 120,
    channels: 3,
    background: 'red',
    noise: { type: 'gaussian', mean: 128, sigma: 40 },
  },
})
  .jpeg()
  .toBuffer()

let firstAskedMs: number | null = null

const server = createServer(({ url = '' }, response) => {
  if (url === '/since-first') {
    response.end(String(firstAskedMs === null ? 0 : performance.now() - firstAskedMs))
    firstAskedMs = null
    return
  }
  firstAskedMs ??= performance.now()
  const body = Buffer.concat([picture, Buffer.from(url)])
  setTimeout(() => {
    response.writeHead(200, { 'content-type': 'image/jpeg', 'content-length': body.length }).end(body)
  }, latencyMs)
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))
