/**
 * `npm run bench`: how fast it is, as ratios against bare baselines measured in the same run. Figures of a
 * shared machine swing; ratios of one run do not, or less: where others compete for its processors, the ratio of
 * processor time tells more, in which all threads count. Options: `--rows N` (default 1,000,000), `--only NAME`.
 */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { type BenchFormat, makeFeed } from './make-feeds.js'

const { values } = parseArgs({ options: { rows: { type: 'string', default: '1000000' }, only: { type: 'string' } } })
const rows = Number(values.rows)
const root = resolve(import.meta.dirname, '../..')

/** A fifth of the rows: memory must be the same for both. */
const fewRowsShare = 5

/** Runs of commands so short that one alone says little; the median is taken. */
const shortRuns = 15

interface Measured {
  readonly ms: number
  readonly records: number
  readonly rssMb: number
}

interface MeasuredCpu extends Measured {
  /** Of all threads. */
  readonly cpuMs: number
}

const run = promisify(execFile)

async function measure<M extends Measured = Measured>(script: string, ...args: string[]): Promise<M> {
  const { stdout } = await run(process.execPath, ['--import=tsx', join(import.meta.dirname, script), ...args])
  return JSON.parse(stdout)
}

function print(name: string, ratio: number, limit: number, detail: string): void {
  const verdict = ratio <= limit ? 'ok' : 'SLOW'
  console.log(`${name.padEnd(44)} ${ratio.toFixed(2).padStart(6)} x   (<= ${limit})  ${verdict.padEnd(4)}  ${detail}`)
}

async function benchStaging(dir: string, format: BenchFormat, limit: number): Promise<void> {
  const few = join(dir, `few.${format}`)
  const many = join(dir, `many.${format}`)
  await makeFeed(few, format, rows / fewRowsShare)
  await makeFeed(many, format, rows)
  const bare = await measure<MeasuredCpu>('baseline.ts', format.replace(/.*\./, ''), many)
  const staged = await measure<MeasuredCpu>('stage.ts', many)
  const stagedFew = await measure('stage.ts', few)
  const seconds = `${(staged.ms / 1000).toFixed(1)} s / ${(bare.ms / 1000).toFixed(1)} s`
  const memory = `${staged.rssMb.toFixed(0)} MB (${stagedFew.rssMb.toFixed(0)} MB at ${rows / fewRowsShare} rows)`
  const cpu = `of the processor ${(staged.cpuMs / bare.cpuMs).toFixed(2)}`
  print(`stage ${rows} ${format} records / bare parser`, staged.ms / bare.ms, limit, `${seconds}; ${cpu}; ${memory}`)
  await rm(few)
  await rm(many)
}

/** Each night in a process of its own, as cron runs it, over the same ledger. */
async function benchNights(dir: string, format: BenchFormat): Promise<void> {
  const nights: readonly (readonly [name: string, limit: number, isChanged: (i: number) => boolean])[] = [
    ['one record changed', 0.5, (i) => i === Math.floor(rows / 2)],
    ['1 % changed, all over the feed', 0.7, (i) => (i * 7919) % 100_003 < 1000],
  ]
  const state = join(dir, `nights-${format}`)
  await mkdir(state)
  const first = join(dir, `first.${format}`)
  await makeFeed(first, format, rows)
  const { ms, rssMb } = await measure('stage.ts', first, state)
  await rm(first)
  for (const [name, limit, isChanged] of nights) {
    const path = join(dir, `night.${format}`)
    await makeFeed(path, format, rows, isChanged)
    const night = await measure('stage.ts', path, state)
    const detail = `${(night.ms / 1000).toFixed(1)} s / ${(ms / 1000).toFixed(1)} s, ${Math.max(night.rssMb, rssMb).toFixed(0)} MB`
    print(`${format}: ${name} / first staging`, night.ms / ms, limit, detail)
    await rm(path)
  }
  await rm(state, { recursive: true })
}

async function benchCatalog(): Promise<void> {
  const { imported, raw, products } = JSON.parse(
    (await run(process.execPath, ['--import=tsx', join(import.meta.dirname, 'catalog.ts')])).stdout,
  )
  print(
    'catalog import / raw SQLite inserts',
    imported.ms / raw.ms,
    2.8,
    `${products} products, ${imported.ms} ms / ${raw.ms} ms; of the processor ${(imported.cpuMs / raw.cpuMs).toFixed(2)}`,
  )
}

/** Not a ratio: no bare baseline decides anything. */
async function benchPlan(): Promise<void> {
  const products = 100_000
  const [few, many] = [
    await measure('plan.ts', String(products / fewRowsShare)),
    await measure('plan.ts', String(products)),
  ]
  const perSecond = (many.records / many.ms) * 1000
  const least = 50_000
  const verdict = perSecond >= least ? 'ok' : 'SLOW'
  const memory = `${many.rssMb.toFixed(0)} MB (${few.rssMb.toFixed(0)} MB for ${products / fewRowsShare})`
  const name = 'image decisions/s, library of 500,000'
  console.log(
    `${name.padEnd(44)} ${perSecond.toFixed(0).padStart(6)}     (>= ${least})  ${verdict}  ${products} products, ${memory}`,
  )
}

async function benchImages(): Promise<void> {
  const script = join(import.meta.dirname, 'images.ts')
  const { images, connections, curlMs, ms, rssMb, fewRssMb } = JSON.parse(
    (await run(process.execPath, ['--import=tsx', script])).stdout,
  )
  const seconds = `${(ms / 1000).toFixed(1)} s / ${(curlMs / 1000).toFixed(1)} s, ${connections} connections`
  const memory = `${rssMb.toFixed(0)} MB (${fewRssMb.toFixed(0)} MB at ${images / 5})`
  print(`attach ${images} images at 80 ms / curl --parallel`, ms / curlMs, 1, `${seconds}, ${memory}`)
}

async function benchProcess(): Promise<void> {
  const script = join(import.meta.dirname, 'process.ts')
  const { pictures, bare, pooled } = JSON.parse((await run(process.execPath, ['--import=tsx', script])).stdout)
  const seconds = `${(pooled.ms / 1000).toFixed(1)} s / ${(bare.ms / 1000).toFixed(1)} s`
  const cpu = `of the processor ${(pooled.cpuMs / bare.cpuMs).toFixed(2)}`
  // Nine tenths of its speed.
  print(`process ${pictures} pictures / bare sharp`, pooled.ms / bare.ms, 1.11, `${seconds}; ${cpu}`)
}

/** The share of what the shop can do, and its longest request when it becomes ten times slower: higher is better. */
async function benchShop(): Promise<void> {
  const script = join(import.meta.dirname, 'shop.ts')
  const { ceiling, found, tenth, afterSlow, longestMs, products, expected } = JSON.parse(
    (await run(process.execPath, ['--import=tsx', script])).stdout,
  )
  const share = (rate: number) => `${((rate / ceiling) * 100).toFixed(0)} %`
  const least = 0.95
  const isFast = found >= least * ceiling && tenth >= least * ceiling
  const isWhole = products === expected && longestMs.slow <= 30_000
  const seconds = `${(longestMs.usual / 1000).toFixed(1)} s, ${(longestMs.slow / 1000).toFixed(1)} s when 10 x slower`
  const detail = `9th and 10th ${share(tenth)}, from the 11th on ${found.toFixed(1)} of ${ceiling.toFixed(1)}/s, after it was slow ${share(afterSlow)}; longest request ${seconds} (<= 30); ${products} of ${expected} products`
  const name = 'shop: batches of 100 / best of any pace'
  const verdict = isFast && isWhole ? 'ok' : 'SLOW'
  console.log(
    `${name.padEnd(44)} ${(found / ceiling).toFixed(2).padStart(6)} x   (>= ${least})  ${verdict.padEnd(4)}  ${detail}`,
  )
}

async function benchStatus(dir: string): Promise<void> {
  const bin = join(root, 'bin/run.js')
  await run(process.execPath, [
    bin,
    'import',
    join(root, 'examples/01-csv-to-catalog/products.csv'),
    '--json',
    '--state-dir',
    dir,
  ])
  const times: Record<'bare' | 'status', number[]> = { bare: [], status: [] }
  for (let i = 0; i < shortRuns; i += 1) {
    times.bare.push(await wallMs(['-e', '0']))
    times.status.push(await wallMs([bin, 'status', '--json', '--state-dir', dir]))
  }
  const [bare, status] = [median(times.bare), median(times.status)]
  print('status --json / node -e 0', status / bare, 3.5, `${status.toFixed(0)} ms / ${bare.toFixed(0)} ms`)
}

/** The import beside a server that many ask, against the same import beside one that nobody asks. */
async function benchServe(): Promise<void> {
  const { stdout } = await run(process.execPath, ['--import=tsx', join(import.meta.dirname, 'serve.ts')])
  const { rows: products, watchers, aloneMs, importMs, ...load } = JSON.parse(stdout)
  const [before, after]: readonly [number, number] = aloneMs
  const alone = (before + after) / 2
  const seconds = [importMs, before, after].map((ms) => (ms / 1000).toFixed(1))
  print(
    `import ${products} products, ${watchers} watch / nobody`,
    importMs / alone,
    1.2,
    `${seconds[0]} s / ${seconds[1]} s before, ${seconds[2]} s after`,
  )
  const isFast = load.p99 < p99MaxMs && load.failures === 0 && load.lostWatchers === 0
  const memory = `${load.rssMbEarly.toFixed(0)} MB, ${load.rssMbLate.toFixed(0)} MB at the end`
  const news = `${load.newsMb.toFixed(0)} MB of news, ${load.failures} failures, ${load.lostWatchers} watchers lost`
  const cpu = `${load.serverCpu.toFixed(2)} processors of the server, ${load.ownCpu.toFixed(2)} of who asks`
  console.log(
    `${`status at ${load.perSecond.toFixed(0)} requests/s, p99 in ms`.padEnd(44)} ${load.p99.toFixed(0).padStart(6)}     (< ${p99MaxMs})  ${isFast ? 'ok  ' : 'SLOW'}  median ${load.p50.toFixed(0)} ms, a bare server ${load.bareP50.toFixed(0)} and ${load.bareP99.toFixed(0)} ms, slowest ${load.slowest.toFixed(0)} ms, ${news}, ${memory}, ${cpu}`,
  )
}

/** Milliseconds. */
const p99MaxMs = 100

async function wallMs(args: string[]): Promise<number> {
  const started = performance.now()
  await run(process.execPath, args)
  return performance.now() - started
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0
}

const dir = await mkdtemp(join(tmpdir(), 'wholesaler-bench-'))
const benches: Record<string, () => Promise<void>> = {
  csv: () => benchStaging(dir, 'csv', 1.5),
  'returns-csv': () => benchStaging(dir, 'returns.csv', 1.5),
  'stray-csv': () => benchStaging(dir, 'stray.csv', 2),
  xml: () => benchStaging(dir, 'xml', 2.2),
  ndjson: () => benchStaging(dir, 'ndjson', 2.3),
  'csv-nights': () => benchNights(dir, 'csv'),
  'stray-csv-nights': () => benchNights(dir, 'stray.csv'),
  'xml-nights': () => benchNights(dir, 'xml'),
  'ndjson-nights': () => benchNights(dir, 'ndjson'),
  catalog: benchCatalog,
  plan: benchPlan,
  process: benchProcess,
  images: benchImages,
  shop: benchShop,
  status: () => benchStatus(dir),
  serve: benchServe,
}
try {
  for (const [name, bench] of Object.entries(benches))
    if (values.only === undefined || values.only === name) await bench()
} finally {
  await rm(dir, { recursive: true, force: true })
}
