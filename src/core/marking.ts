import type { StagedSnapshot } from './ledger/ledger.js'
import { shopFields } from './product/field-owners.js'
import type { FetchedFeed, StageOptions } from './stage-feed.js'
import type { Wholesaler } from './wholesaler.js'

/** How blocks are marked. */
export interface Marking {
  /** The snapshot whose marks are of use. */
  readonly known: StagedSnapshot | null
  /** Rows that are read may be those of that snapshot. Of a field that is the shop's, their fingerprints tell nothing. */
  readonly mayBeSame: boolean
}

/** Feeds below this are read in no time; marks would be more trouble than help. */
const markedBytesMin = 1024 * 1024

/**
 * Whether blocks of this feed are to be marked, and the snapshot whose marks tell what need not be read again. What a second
 * file adds to a product does not stand in its record, nor does what a `transform` hook knows of the records before or takes
 * from elsewhere.
 */
export function markingOf(
  { mapping }: Wholesaler,
  current: StagedSnapshot | null,
  { snapshot, second, digest }: FetchedFeed,
  { remap, onProducts }: Pick<StageOptions, 'remap' | 'onProducts'>,
): Marking | null {
  if (second !== null || mapping.transform !== undefined) return null
  if (snapshot.bytes < markedBytesMin || onProducts !== undefined) return null
  const isUsable = !remap && current?.complete === true && current.mappingDigest === digest && current.marks !== null
  return { known: isUsable ? current : null, mayBeSame: isUsable && shopFields(mapping.fields).length === 0 }
}
