/** Rejects and repairs of a block: told again wherever it comes again. */
import type { RecordPosition, Reject, Repair } from './feed/feed.js'

/** What was found in a block beside its products. Positions count from where the block begins. */
export interface BlockFindings {
  readonly rejects: readonly Reject[]
  readonly repairs: readonly Repair[]
}

/** The findings of a block that begins at `start`; null when one of them stands before it. */
export function findingsFrom({ rejects, repairs }: BlockFindings, start: RecordPosition): BlockFindings | null {
  const isInside = ({ position: { record, line } }: Reject | Repair) => record >= start.record && line >= start.line
  if (!rejects.every(isInside) || !repairs.every(isInside)) return null
  return moved({ rejects, repairs }, -start.record, -start.line)
}

/** The findings of a block that stands at `start` now. */
export function findingsAt(findings: BlockFindings, start: RecordPosition): BlockFindings {
  return moved(findings, start.record, start.line)
}

function moved({ rejects, repairs }: BlockFindings, records: number, lines: number): BlockFindings {
  const move = <F extends Reject | Repair>(finding: F): F => {
    const { record, line } = finding.position
    return { ...finding, position: { record: record + records, line: line + lines } }
  }
  return { rejects: rejects.map(move), repairs: repairs.map(move) }
}

/** What is said of many records alike stands there once: a row may lack a cell in every record. */
export type PackedFindings = [
  rejects: readonly Reject[],
  kinds: readonly (readonly [code: string, detail: string])[],
  /** Index of the kind, record and line, one after the other. */
  repairs: readonly number[],
]

export function packFindings({ rejects, repairs }: BlockFindings): PackedFindings {
  const kinds: (readonly [string, string])[] = []
  const places: number[] = []
  for (const { position, code, detail } of repairs) {
    let kind = kinds.findIndex(([known, said]) => known === code && said === detail)
    if (kind < 0) kind = kinds.push([code, detail]) - 1
    places.push(kind, position.record, position.line)
  }
  return [rejects, kinds, places]
}

export function unpackFindings([rejects, kinds, places]: PackedFindings): BlockFindings {
  const repairs: Repair[] = []
  for (let at = 0; at < places.length; at += 3) {
    const [kind = 0, record = 0, line = 0] = places.slice(at, at + 3)
    const [code = '', detail = ''] = kinds[kind] ?? []
    repairs.push({ position: { record, line }, code, detail })
  }
  return { rejects, repairs }
}
