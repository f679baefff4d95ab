/**
 * `node --import=tsx test/bench/serve.ts [ROWS] [SECONDS]`: an import beside a server under load, against the same
 * import beside one that nobody asks. 200 pages watch and 500 requests a second ask for the status, for a minute at
 * least, while jobs of fifty earlier days are listed. Other work on the machine hits all alike: the import alone is run
 * before and after, and a bare server is asked now and then beside ours.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { percentile } from '../chaos/percentile.js'
import { completedJob, writeJobs } from '../cli/sample-jobs.js'
import { makeFeed } from './make-feeds.js'

const rows = Number(process.argv[2] ?? 200_000)
const seconds = Number(process.argv[3] ?? 60)
const watchersWanted = 200
const perSecond = 500
/** Enough to tell how long anybody waits for a processor, too few to be a load. */
const barePerSecond = 50
const tickMs = 10
const earlierJobs = 50
const bin = resolve(import.meta.dirname, '../../bin/run.js')

interface Server {
  readonly child: ChildProcess
  readonly url: string
}

async function startServer(dir: string): Promise<Server> {
  const words = [bin, 'serve', '--port', '0', '--json']
  const child = spawn(process.execPath, words, { cwd: dir, stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  for await (const chunk of child.stdout.setEncoding('utf8')) {
    text += chunk
    if (text.endsWith('}\n')) break
  }
  const { url }: { url: string } = JSON.parse(text)
  return { child, url }
}

/** Node's own server with an answer as long: what the machine gives to anybody at that moment. */
async function startBare(): Promise<Server> {
  const script = `const { createServer } = require('node:http')
    const body = JSON.stringify({ text: 'x'.repeat(1_700) })
    const server = createServer((_, response) => response.end(body))
    server.listen(0, '127.0.0.1', () => console.log(server.address().port))`
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [port] = await once(child.stdout.setEncoding('utf8'), 'data')
  return { child, url: `http://127.0.0.1:${String(port).trim()}` }
}

async function ended({ child }: Server): Promise<void> {
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill()
  await gone
}

/** Starts the import and returns how long its job took, by the job's own times. */
async function importOnce({ url }: Server, dir: string): Promise<number> {
  const path = '/api/import'
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(url + path, { method: 'POST', headers, body: '{"images": false, "per_batch": 100}' })
  const { job_id: id } = (await response.json()) as { job_id: number }
  for (;;) {
    await wait(250)
    const { jobs } = JSON.parse(await readFile(join(dir, '.wholesaler/jobs.json'), 'utf8'))
    const job = jobs[id]
    if (job.status === 'failed') throw new Error(JSON.stringify(job.errorMessages))
    if (job.status === 'completed') return job.completedAt - job.startedAt
  }
}

/** A shop with a feed and jobs of earlier days; each import is the first one of its shop. */
async function inShop<T>(feed: string, body: (server: Server, dir: string) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'wholesaler-bench-serve-'))
  await mkdir(join(dir, '.wholesaler'), { mode: 0o700 })
  await writeFile(join(dir, 'wholesaler.config.json'), JSON.stringify({ wholesalers: { load: { feed } } }))
  writeJobs(
    join(dir, '.wholesaler'),
    Array.from({ length: earlierJobs }, (_, index) => completedJob(index + 1)),
  )
  const server = await startServer(dir)
  try {
    return await body(server, dir)
  } finally {
    await ended(server)
    await rm(dir, { recursive: true, force: true })
  }
}

interface Watching {
  /** Bytes that all of them got. */
  bytes(): number
  /** How many were sent away. */
  lost(): number
  end(): void
}

/** Resolves when all of them have heard something: a flood of connections is another test's. */
async function watchNews({ url }: Server): Promise<Watching> {
  const { port, host } = new URL(url)
  let bytes = 0
  let lost = 0
  let isOver = false
  const heard: Promise<unknown>[] = []
  const sockets: Socket[] = Array.from({ length: watchersWanted }, () => {
    const socket = connect(Number(port), '127.0.0.1')
    socket.write(`GET /api/events HTTP/1.1\r\nhost: ${host}\r\n\r\n`)
    socket.on('data', (data) => {
      bytes += data.length
    })
    heard.push(once(socket, 'data'))
    socket.on('error', () => {})
    socket.on('close', () => {
      if (!isOver) lost += 1
    })
    return socket
  })
  await Promise.all(heard)
  return {
    bytes: () => bytes,
    lost: () => lost,
    end() {
      isOver = true
      for (const socket of sockets) socket.destroy()
    },
  }
}

interface Asked {
  /** Milliseconds from when each request was due to the end of its answer. */
  readonly latencies: readonly number[]
  readonly failures: number
}

/** Asks at a fixed pace, whatever becomes of earlier requests, until it is told to stop. */
async function askForStatus({ url }: Server, pace: number, isOver: () => boolean): Promise<Asked> {
  const agent = new Agent({ keepAlive: true, maxSockets: 128 })
  const latencies: number[] = []
  let failures = 0
  let underWay = 0
  const ask = (dueMs: number) => {
    underWay += 1
    const id = 1 + (latencies.length % earlierJobs)
    const done = (isFine: boolean) => {
      underWay -= 1
      if (isFine) latencies.push(performance.now() - dueMs)
      else failures += 1
    }
    const sent = request(`${url}/wp-json/wholesaler/v1/background-status/${id}`, { agent }, (response) => {
      response.resume()
      response.on('end', () => done(response.statusCode === 200))
    })
    sent.on('error', () => done(false))
    sent.end()
  }
  const startedMs = performance.now()
  for (let sent = 0; !isOver(); ) {
    const due = Math.floor(((performance.now() - startedMs) / 1000) * pace)
    for (; sent < due; sent += 1) ask(startedMs + (sent / pace) * 1000)
    await wait(tickMs)
  }
  while (underWay > 0) await wait(tickMs)
  agent.destroy()
  return { latencies, failures }
}

/** proc(5): utime and stime are fields 14 and 15, in hundredths of a second. */
async function cpuMsOf({ child }: Server): Promise<number> {
  const fields = (await readFile(`/proc/${child.pid}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

/** Megabytes of the server, once a second until it is told to stop. */
async function watchMemory({ child }: Server, isOver: () => boolean): Promise<readonly number[]> {
  const seen: number[] = []
  while (!isOver()) {
    const status = await readFile(`/proc/${child.pid}/status`, 'utf8')
    seen.push(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024)
    await wait(1_000)
  }
  return seen
}

async function loaded(feed: string) {
  return await inShop(feed, async (server, dir) => {
    const watching = await watchNews(server)
    let isOver = false
    const asking = askForStatus(server, perSecond, () => isOver)
    const bare = await startBare()
    const askingBare = askForStatus(bare, barePerSecond, () => isOver)
    const memory = watchMemory(server, () => isOver)
    const startedMs = performance.now()
    const cpuBefore = process.cpuUsage()
    const serverCpuBefore = await cpuMsOf(server)
    const importMs = await importOnce(server, dir)
    await wait(Math.max(0, seconds * 1000 - (performance.now() - startedMs)))
    isOver = true
    const { latencies, failures } = await asking
    const { latencies: bareLatencies } = await askingBare
    await ended(bare)
    const tookSeconds = (performance.now() - startedMs) / 1000
    const { user, system } = process.cpuUsage(cpuBefore)
    const serverCpuMs = (await cpuMsOf(server)) - serverCpuBefore
    watching.end()
    const megabytes = await memory
    return {
      importMs,
      requests: latencies.length,
      failures,
      perSecond: latencies.length / tookSeconds,
      p50: percentile(latencies, 50),
      p99: percentile(latencies, 99),
      slowest: percentile(latencies, 100),
      bareP50: percentile(bareLatencies, 50),
      bareP99: percentile(bareLatencies, 99),
      // Of one processor.
      serverCpu: serverCpuMs / 1000 / tookSeconds,
      ownCpu: (user + system) / 1e6 / tookSeconds,
      newsMb: watching.bytes() / 1e6,
      lostWatchers: watching.lost(),
      // Without the start, which fills caches.
      rssMbEarly: percentile(megabytes.slice(10, 20), 50),
      rssMbLate: percentile(megabytes.slice(-10), 50),
    }
  })
}

const folder = await mkdtemp(join(tmpdir(), 'wholesaler-bench-feed-'))
try {
  const feed = join(folder, 'feed.csv')
  await makeFeed(feed, 'csv', rows)
  const before = await inShop(feed, importOnce)
  const under = await loaded(feed)
  const after = await inShop(feed, importOnce)
  console.log(JSON.stringify({ rows, watchers: watchersWanted, aloneMs: [before, after], ...under }))
} finally {
  await rm(folder, { recursive: true, force: true })
}
