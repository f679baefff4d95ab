/** A server of pictures that keeps nothing but how often each path was asked for, through any number of runs. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface CountingServer {
  url(path: string): string
  serve(path: string, picture: Buffer): void
  /** How often each path was asked for since the last call. */
  takeCounts(): ReadonlyMap<string, number>
  /** Resolves when so many requests have come since the last `takeCounts`. */
  reached(requests: number): Promise<void>
  close(): Promise<void>
}

export async function startCountingServer(): Promise<CountingServer> {
  const pictures = new Map<string, Buffer>()
  let asked = new Map<string, number>()
  let requests = 0
  let onRequest = () => {}
  const server = createServer(({ url: path = '/' }, response) => {
    asked.set(path, (asked.get(path) ?? 0) + 1)
    requests += 1
    onRequest()
    const picture = pictures.get(path)
    if (picture === undefined) response.writeHead(404).end()
    else response.writeHead(200, { 'content-type': 'image/jpeg' }).end(picture)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: (path) => `http://127.0.0.1:${port}${path}`,
    serve: (path, picture) => void pictures.set(path, picture),
    takeCounts() {
      const counts = asked
      asked = new Map()
      requests = 0
      return counts
    },
    reached: (wanted) =>
      new Promise((resolve) => {
        onRequest = () => requests >= wanted && resolve()
        onRequest()
      }),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
