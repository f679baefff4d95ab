/**
 * Images over a slow line: an `import` that has nothing left to do but the images (download, hash, check, processing,
 * catalog) against `curl --parallel` that fetches the same addresses into files, with as many connections. Both from
 * their first request to their end; in turn, and the median of the ratios. Memory: the peak of the command, with a
 * fifth of the images and with all.
 */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { downloadsPerHostMax } from '../../dist/core/images/host-queue.js'

const images = Number(process.argv[2] ?? 2000)
const perProduct = 5
const rounds = 3
const bin = resolve(import.meta.dirname, '../../bin/run.js')
const run = promisify(execFile)

interface Imported {
  readonly ms: number
  /** 0 where the system does not tell. */
  readonly rssMb: number
}

/** Milliseconds since the first picture was asked for. */
async function sinceFirst(port: number): Promise<number> {
  return Number(await (await fetch(`http://127.0.0.1:${port}/since-first`)).text())
}

async function importAll(port: number, dir: string, urls: readonly string[]): Promise<Imported> {
  await mkdir(dir)
  const rows: string[] = []
  for (let first = 0; first < urls.length; first += perProduct) {
    rows.push(`P${first},Product ${first},${urls.slice(first, first + perProduct).join('|')}`)
  }
  await writeFile(join(dir, 'feed.csv'), `sku,name,images\n${rows.join('\n')}\n`)
  await run(process.execPath, [bin, 'import', 'feed.csv', '--no-images'], { cwd: dir })
  const command = spawn(process.execPath, [bin, 'import', 'feed.csv', '--allow-private-host', '127.0.0.1'], {
    cwd: dir,
    stdio: 'ignore',
  })
  let rssKb = 0
  const look = setInterval(() => {
    rssKb = Math.max(rssKb, peakKb(command.pid))
  }, 100)
  const [code] = await once(command, 'exit')
  const ms = await sinceFirst(port)
  clearInterval(look)
  if (code !== 0) throw new Error(`the import ended with ${code}`)
  return { ms, rssMb: rssKb / 1024 }
}

function peakKb(pid: number | undefined): number {
  try {
    return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0 // It has ended, or this is no Linux.
  }
}

async function curlAll(port: number, dir: string, urls: readonly string[]): Promise<number> {
  await mkdir(dir)
  const config = urls.map((url, index) => `url = "${url}"\noutput = "${join(dir, `${index}.jpg`)}"`)
  await writeFile(join(dir, 'config'), config.join('\n'))
  const parallel = ['--parallel', '--parallel-immediate', '--parallel-max', String(downloadsPerHostMax)]
  await run('curl', ['--silent', '--fail', ...parallel, '--config', join(dir, 'config')])
  const ms = await sinceFirst(port)
  const files = (await readdir(dir)).length - 1
  if (files !== urls.length) throw new Error(`curl fetched ${files} files`)
  return ms
}

const dir = await mkdtemp(join(tmpdir(), 'wholesaler-bench-'))
const server = spawn(process.execPath, ['--import=tsx', join(import.meta.dirname, 'slow-server.ts')], {
  stdio: ['ignore', 'pipe', 'inherit'],
})
try {
  const port = Number(String((await once(server.stdout, 'data'))[0]))
  const urls = Array.from({ length: images }, (_, index) => `http://127.0.0.1:${port}/${index}.jpg`)
  const few = await importAll(port, join(dir, 'few'), urls.slice(0, images / 5))
  const runs: { readonly curlMs: number; readonly ms: number; readonly rssMb: number }[] = []
  for (let round = 0; round < rounds; round += 1) {
    const curlMs = await curlAll(port, join(dir, `curl${round}`), urls)
    runs.push({ curlMs, ...(await importAll(port, join(dir, `import${round}`), urls)) })
  }
  const median = runs.toSorted((a, b) => a.ms / a.curlMs - b.ms / b.curlMs)[Math.floor(rounds / 2)]
  console.log(JSON.stringify({ images, connections: downloadsPerHostMax, ...median, fewRssMb: few.rssMb }))
} finally {
  server.kill()
  await rm(dir, { recursive: true, force: true })
}
