/** The long part of staging: a feed's products, chunk by chunk, into the ledger, counted on the way. */
import type { FeedEnd, Reject, Repair } from './feed/feed.js'
import type { ReplacedRow, Staging } from './ledger/ledger.js'
import type { MappedFeed } from './map-feed.js'
import { sealed } from './product/fingerprint.js'
import type { StageOptions, StagePorts } from './stage-feed.js'
import type { Wholesaler } from './wholesaler.js'

export interface StageCount {
  end: FeedEnd
  products: number
  variants: number
  images: number
  rejects: number
  repairs: number
  skipped: number
  currency: string | null
  readonly figures: { withImage: number; inStock: number }
}

/** Takes the whole feed and writes it to the staging, chunk by chunk. */
export async function stageProducts(
  wholesaler: Wholesaler,
  feed: MappedFeed,
  staging: Staging,
  ports: StagePorts,
  options: StageOptions,
): Promise<StageCount> {
  const count: StageCount = {
    end: { complete: false, records: 0 },
    products: 0,
    variants: 0,
    images: 0,
    rejects: 0,
    repairs: 0,
    skipped: 0,
    currency: null,
    figures: { withImage: 0, inStock: 0 },
  }
  const noteRepair = (repair: Repair) => {
    count.repairs += 1
    ports.onRepair?.(repair)
  }
  ports.progress.emit(stageStep(wholesaler, 'stage', 'started'))
  const chunks = feed.chunks(options.signal)
  try {
    for (;;) {
      const next = await chunks.next()
      if (next.done) return { ...count, end: next.value }
      const { cut, currency, rejects, repairs, skipped, figures } = next.value
      for (const reject of rejects) noteReject(wholesaler.name, reject, ports)
      await staging.noteRejected(rejects.flatMap(({ key }) => (key === undefined ? [] : [key])))
      for (const repair of repairs) noteRepair(repair)
      count.rejects += rejects.length
      count.skipped += skipped
      count.currency ??= currency
      count.figures.withImage += figures.withImage
      count.figures.inStock += figures.inStock
      const staged = sealed(cut)
      await options.onProducts?.(staged)
      addRows(count, staged.rows, 1)
      const { replaced } = await staging.write(staged)
      addRows(count, replaced, -1)
      for (const row of replaced) noteRepair(repeatedKey(row))
      ports.progress.emit(stageStep(wholesaler, 'stage', 'progress', count.products))
      options.signal.throwIfAborted()
    }
  } finally {
    await chunks.return({ complete: false, records: 0 })
  }
}

function addRows(count: StageCount, rows: readonly ReplacedRow[], sign: 1 | -1): void {
  count.products += sign * rows.length
  for (const { variants, images_wanted: images } of rows) {
    count.variants += sign * variants
    count.images += sign * images
  }
}

function noteReject(wholesaler: string, reject: Reject, ports: StagePorts): void {
  ports.onReject(wholesaler, reject)
  const { position, code, reason, key, sku } = reject
  ports.progress.emit({
    type: 'reject',
    wholesaler,
    line: position.line,
    record: position.record,
    code,
    reason,
    ...(key === undefined ? {} : { key }),
    ...(sku === undefined ? {} : { sku }),
  })
}

function repeatedKey({ key, line }: ReplacedRow): Repair {
  const detail = `the key ${key} comes again later; the last one wins`
  return { position: { record: 0, line }, code: 'repeated_key', detail }
}

/** A step of staging, as it is told. */
export function stageStep(
  { name }: Wholesaler,
  stepName: 'fetch' | 'stage',
  state: 'started' | 'progress' | 'done' | 'skipped' | 'failed',
  done = 0,
) {
  return { type: 'step', wholesaler: name, step: stepName, state, done, total: null } as const
}
