/**
 * Brings records together that make one product, wherever they stand in the feed.
 *
 * Records that stand alone pass through as they come. With the first that has others, or when the mapping must wait
 * for something at the end of the feed, all further records are gathered: some in memory, more of them in a
 * temporary database, so that memory does not grow with the feed. A group stands where its first record stood.
 */
import type { FeedEnd, FeedRecord } from '../feed/feed.js'
import { MemoryFragments, SqliteFragments } from './fragments.js'

/** Records of one product, in the order of the feed; most often one. */
export type RecordGroup = readonly FeedRecord[]

/** Names under which a record belongs together with others: all records that share one. None: it stands alone. */
export type GroupNames = (record: FeedRecord) => readonly string[]

export interface GroupOptions {
  readonly namesOf: GroupNames
  /** True when nothing may be mapped before the end of the feed was seen. Asked before each record that passes through. */
  readonly mustWait: (record: FeedRecord) => boolean
  /** Folder for the temporary database. */
  readonly spillDir: string
  /** A record that is one too many for its group. */
  readonly onSurplus: (record: FeedRecord) => void
  /** Records gathered in memory before the database is used. */
  readonly inMemoryMax?: number
}

/** Some chunks of a reader: less than this is no burden, and most small feeds never touch the disk. */
const inMemoryMaxDefault = 1_000

/** A product of more records than this would not fit into memory, nor into any shop. */
const groupRecordsMax = 10_000

/** Groups handed out at once. */
const chunkGroups = 200

export async function* groupRecords(
  chunks: AsyncGenerator<readonly FeedRecord[], FeedEnd, void>,
  options: GroupOptions,
): AsyncGenerator<readonly RecordGroup[], FeedEnd, void> {
  const gatherer = new Gatherer(options)
  try {
    for (;;) {
      const next = await chunks.next()
      if (next.done) {
        yield* gatherer.groups()
        return next.value
      }
      const passed = await gatherer.take(next.value)
      if (passed.length > 0) yield passed
    }
  } finally {
    gatherer.close()
    await chunks.return({ complete: false, records: 0 })
  }
}

class Gatherer {
  readonly #options: GroupOptions
  #memory: MemoryFragments | null = null
  #database: SqliteFragments | null = null

  constructor(options: GroupOptions) {
    this.#options = options
  }

  /** Gathers records, or gives back those that stand alone while nothing is gathered yet. */
  async take(records: readonly FeedRecord[]): Promise<readonly RecordGroup[]> {
    const { namesOf, mustWait } = this.#options
    const passed: RecordGroup[] = []
    for (const record of records) {
      const names = namesOf(record)
      if (this.#memory === null && names.length === 0 && !mustWait(record)) {
        passed.push([record])
        continue
      }
      this.#memory ??= new MemoryFragments()
      const fragments = this.#database ?? this.#memory
      fragments.add(names, record)
    }
    await this.#spillWhenLarge()
    return passed
  }

  async #spillWhenLarge(): Promise<void> {
    const { inMemoryMax = inMemoryMaxDefault, spillDir } = this.#options
    if (this.#memory === null || this.#database !== null || this.#memory.size <= inMemoryMax) return
    this.#database = await SqliteFragments.open(spillDir)
    this.#memory.moveTo(this.#database)
  }

  *groups(): Generator<readonly RecordGroup[], void> {
    let chunk: RecordGroup[] = []
    for (const group of (this.#database ?? this.#memory)?.groups(groupRecordsMax, this.#options.onSurplus) ?? []) {
      chunk.push(group)
      if (chunk.length >= chunkGroups) {
        yield chunk
        chunk = []
      }
    }
    if (chunk.length > 0) yield chunk
  }

  close(): void {
    this.#database?.close()
    this.#memory = null
  }
}
