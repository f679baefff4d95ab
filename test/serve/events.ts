/** Reads a stream of server-sent events as a browser would. */
import type { NewsDocument } from '../../src/serve/job-news.js'

export interface Stream {
  /** The next news; rejects when the stream ends before. */
  next(): Promise<NewsDocument>
  /** News until one is as wanted. */
  until(isWanted: (news: NewsDocument) => boolean): Promise<NewsDocument>
  end(): void
}

export async function openStream(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Stream> {
  const controller = new AbortController()
  const response = await fetch(`${url}/api/events`, { headers, signal: controller.signal })
  if (response.status !== 200 || response.body === null) throw new Error(`${response.status} ${await response.text()}`)
  const events = readEvents(response.body)
  const next = async () => {
    const { done, value } = await events.next()
    if (done === true) throw new Error('the stream has ended')
    return value
  }
  return {
    next,
    async until(isWanted) {
      for (;;) {
        const news = await next()
        if (isWanted(news)) return news
      }
    },
    end: () => controller.abort(),
  }
}

async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<NewsDocument> {
  let text = ''
  for await (const bytes of body.pipeThrough(new TextDecoderStream())) {
    text += bytes
    const blocks = text.split('\n\n')
    text = blocks.pop() ?? ''
    for (const block of blocks) {
      const [event, data] = block.split('\n')
      if (event === 'event: jobs' && data?.startsWith('data: ') === true) yield JSON.parse(data.slice(6))
    }
  }
}
