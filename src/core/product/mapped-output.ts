import type { FeedRecord, FeedShape } from '../feed/feed.js'
import { RecordProblem } from './field.js'
import { finishProduct, type ProductRules } from './finish-product.js'
import type { Joined } from './join-records.js'
import type { RawSink, RecordMapping } from './map-single.js'
import type { MapListener, MappedProduct } from './mapping.js'
import { rawText } from './raw-record.js'

/** Where mapped products, rejects, repairs and skips go. */
export class MappedOutput implements RawSink {
  readonly #rules: ProductRules
  readonly #listener: MapListener
  readonly #shape: FeedShape
  #products: MappedProduct[] = []
  /** The record in hand, for notes. */
  #current: FeedRecord | null = null
  keyOf: RecordMapping['keyOf'] = () => null
  /** What a second file adds. */
  joined: Pick<Joined, 'apply'> | null = null

  constructor(rules: ProductRules, listener: MapListener, shape: FeedShape) {
    this.#rules = rules
    this.#listener = listener
    this.#shape = shape
  }

  map(records: readonly FeedRecord[], mapping: RecordMapping): void {
    mapping.map(records, this)
  }

  take(): readonly MappedProduct[] {
    const products = this.#products
    this.#products = []
    return products
  }

  readonly product: RawSink['product'] = (raw) => {
    const [main] = raw.records
    if (main === undefined) return
    try {
      const finished = finishProduct(this.joined?.apply(raw, this) ?? raw, this.#rules)
      if ('skipped' in finished) this.#listener.skip(finished.skipped)
      else {
        const entries = raw.entries === undefined ? {} : { entries: raw.entries }
        this.#products.push({ product: finished.product, line: main.position.line, ...entries })
      }
    } catch (error: unknown) {
      if (!(error instanceof RecordProblem)) throw error
      this.problem(main, error, raw.draft.key)
    }
  }

  readonly problem: RawSink['problem'] = (record, { code, message, field }, key) => {
    this.#listener.reject({
      position: record.position,
      code,
      reason: message,
      ...(field === undefined ? {} : { field }),
      ...(key === null || key === '' ? {} : { key }),
      raw: rawText(record.data, this.#shape),
    })
  }

  readonly begin: RawSink['begin'] = (record) => {
    this.#current = record
  }

  readonly note: RawSink['note'] = (code, detail) => {
    const position = this.#current?.position ?? { record: 0, line: 0 }
    this.#listener.repair({ position, code, detail })
  }

  readonly surplus = (record: FeedRecord): void => {
    this.problem(record, new RecordProblem('group_too_large', 'its product has too many records'), this.keyOf(record))
  }
}
