/** Requests as strangers send them: any header, any path, nothing added. */
import { type IncomingHttpHeaders, request } from 'node:http'

export interface Question {
  readonly method?: string
  /** As it is put into the request line. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  readonly bytes: Buffer
  /** Throws when the answer is not JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it as they like.
  readonly json: any
}

/** One request on a connection of its own. */
export function ask(url: string, { method = 'GET', path, headers = {}, body }: Question): Promise<Answer> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, method, path, headers, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const bytes = Buffer.concat(chunks)
        const text = bytes.toString()
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text,
          bytes,
          get json() {
            return JSON.parse(text)
          },
        })
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}
