import type { HttpClient, HttpClientOptions } from '../core/http/http-client.js'

/** An HTTP client whose code is loaded with its first request: a run that reads a local file and needs no image makes none. */
export function httpWhenAsked(options: HttpClientOptions): HttpClient {
  let loaded: Promise<HttpClient> | null = null
  const load = (): Promise<HttpClient> => {
    loaded ??= import('../core/http/http-client.js').then(({ createHttpClient }) => createHttpClient(options))
    return loaded
  }
  return {
    get: async (url, request) => (await load()).get(url, request),
    download: async (url, request, read) => (await load()).download(url, request, read),
    close: () => {
      void loaded?.then((client) => client.close())
    },
  }
}
