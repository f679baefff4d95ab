/**
 * Where imports are killed: a feed, its pictures, and states that an undisturbed import has reached, made once.
 * A run copies one of them instead of beginning anew. One run at a time, so that its requests can be counted.
 */
import { cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ledgerMigrations } from '../../../src/core/ledger/schema.js'
import { openDatabase } from '../../../src/core/sqlite.js'
import { type Finished, type Started, startCli } from '../../cli/run-cli.js'
import { type CatalogDigest, catalogDigest } from './catalog-digest.js'
import { type CountingServer, startCountingServer } from './counting-server.js'
import { addressesOf, type FeedSize, killFeed, servePictures } from './kill-feed.js'
import type { Left, Stage } from './kill-plan.js'

export const perBatch = 50
const wholesaler = 'acme'

export interface KillLane {
  readonly size: FeedSize
  readonly left: Left
  /** Of the import that nobody disturbed. */
  readonly undisturbed: CatalogDigest
  /** How long it took from each stage to the end, in ms. */
  readonly tookMs: Readonly<Record<Stage, number>>
  readonly server: CountingServer
  /** A fresh copy of a state, and the addresses whose pictures it has. */
  begin(stage: Stage, run: number): Promise<{ readonly stateDir: string; readonly known: ReadonlySet<string> }>
  /** The program, in this lane's folder and on that state. */
  start(words: readonly string[], stateDir: string, env?: Readonly<Record<string, string>>): Started
  end(stateDir: string): Promise<void>
  close(): Promise<void>
}

/** The words of the import that is disturbed. */
export const importWords = [
  ...['import', 'feed.csv', '--as', wholesaler, '--per-batch', `${perBatch}`],
  ...['--allow-private-host', '127.0.0.1', '--json'],
]

export async function openKillLane(dir: string, size: FeedSize): Promise<KillLane> {
  await mkdir(dir, { recursive: true })
  const server = await startCountingServer()
  await servePictures(server, size)
  await writeFile(
    join(dir, 'feed.csv'),
    killFeed(size, (path) => server.url(path)),
  )
  const start: KillLane['start'] = (words, stateDir, env = {}) =>
    startCli([...words, '--state-dir', stateDir], { cwd: dir, env })
  const stateOf = (stage: string) => join(dir, `stage-${stage}`)

  const whole = await timed(() => mustEnd(start(importWords, stateOf('whole'))))
  const undisturbed = await catalogDigest(stateOf('whole'))
  const batches = Math.ceil(size.products / perBatch)
  const halfBatches = Math.floor(batches / 2)
  const nearlyBatches = Math.max(halfBatches + 1, batches - 4)
  await mkdir(stateOf('nothing'))
  const firstHalf = await importUpTo(['--batches', `${halfBatches}`, '--no-images'], 'nothing', 'half')
  const nearly = await importUpTo(['--batches', `${nearlyBatches - halfBatches}`, '--no-images'], 'half', 'nearly')
  const rest = await importUpTo(['--no-images'], 'nearly', 'products')
  server.takeCounts()
  await cp(stateOf('products'), stateOf('images'), { recursive: true })
  const interrupted = start(importWords, stateOf('images'))
  const pictures = addressesOf(size).length
  await server.reached(Math.floor(pictures / 2))
  interrupted.child.kill('SIGTERM')
  await interrupted.finished
  // Read from a copy: this process may let go of a database only when it collects its garbage, and files that SQLite
  // then takes away would vanish under a copy being made of the state.
  await cp(stateOf('images'), stateOf('images-read'), { recursive: true })
  const known = await knownAddresses(stateOf('images-read'))
  server.takeCounts()

  async function importUpTo(words: readonly string[], from: string, to: string): Promise<number> {
    await cp(stateOf(from), stateOf(to), { recursive: true })
    return await timed(() => mustEnd(start([...importWords, ...words], stateOf(to))))
  }

  const imagesMs = Math.max(1_000, whole - firstHalf - nearly - rest)
  return {
    size,
    undisturbed,
    server,
    start,
    left: {
      nothing: leftOver(batches, pictures),
      half: leftOver(batches - halfBatches, pictures),
      nearly: leftOver(batches - nearlyBatches, pictures),
      products: leftOver(0, pictures),
      images: leftOver(0, pictures - known.size),
    },
    tookMs: {
      nothing: whole,
      half: nearly + rest + imagesMs,
      nearly: rest + imagesMs,
      products: imagesMs,
      images: imagesMs / 2,
    },
    async begin(stage, run) {
      const stateDir = join(dir, `run-${run}`)
      await cp(stateOf(stage), stateDir, { recursive: true })
      server.takeCounts()
      return { stateDir, known: stage === 'images' ? known : new Set() }
    },
    // A worker that a recovery started ends a moment after its job: the folder is then not empty at the first try.
    end: (stateDir) => rm(stateDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }),
    close: () => server.close(),
  }

  function leftOver(batchesLeft: number, addresses: number) {
    // Fewer files than addresses: a place of an image is passed at least so often.
    return { batches: batchesLeft, products: batchesLeft * perBatch, images: Math.floor(addresses / 2) }
  }
}

/** Paths whose pictures are in the image library of a state. */
async function knownAddresses(stateDir: string): Promise<ReadonlySet<string>> {
  const database = await openDatabase(join(stateDir, 'ledger.db'), { migrations: ledgerMigrations })
  try {
    const rows = database.prepare<{ url: string }>('SELECT url FROM image_url').all()
    return new Set(rows.map(({ url }) => new URL(url).pathname))
  } finally {
    database.close()
  }
}

async function mustEnd({ finished }: Started): Promise<Finished> {
  const end = await finished
  if (end.code !== 0)
    throw new Error(`an import that nobody disturbed ended with ${end.code}: ${end.stdout}${end.stderr}`)
  return end
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}
