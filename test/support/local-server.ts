import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createRawServer, type Socket } from 'node:net'

export interface LocalServer {
  /** `127.0.0.1:PORT`. */
  readonly host: string
  readonly port: number
  /** Requests met, in order. */
  readonly requests: readonly IncomingMessage[]
}

/** Runs `body` with an HTTP server on the loopback address, and ends all its connections afterwards. */
export async function withServer<T>(listener: RequestListener, body: (server: LocalServer) => Promise<T>): Promise<T> {
  const requests: IncomingMessage[] = []
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    requests.push(request)
    listener(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  try {
    return await body({ host: `127.0.0.1:${port}`, port, requests })
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}

/** As `withServer`, for answers that no HTTP library would send: `answer` writes to the socket what it likes. */
export async function withRawServer<T>(
  answer: (socket: Socket, count: number) => void,
  body: (server: { readonly host: string; readonly port: number; connections(): number }) => Promise<T>,
): Promise<T> {
  const sockets = new Set<Socket>()
  let count = 0
  const server = createRawServer((socket) => {
    sockets.add(socket)
    // The other side hangs up as it likes.
    socket.on('error', () => {})
    socket.on('data', () => {
      count += 1
      answer(socket, count)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  try {
    return await body({ host: `127.0.0.1:${port}`, port, connections: () => sockets.size })
  } finally {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  }
}
