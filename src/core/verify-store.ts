/**
 * `--verify`: compares what was imported with what the store has, in pages, and makes pending again what is
 * gone or no longer as it was imported. Writes nothing for what matches.
 */
import type { Ledger } from './ledger/ledger.js'
import type { Store } from './store/store.js'

/** Products compared per page: one look-up in the store each, memory stays flat. */
const pageSize = 500

export interface Verified {
  readonly products: number
  /** Products to be written again. */
  readonly reopened: number
  /** Products whose images are to be looked at again. */
  readonly imagesReopened: number
}

export async function verifyStore(
  wholesaler: string,
  { ledger, store }: { readonly ledger: Ledger; readonly store: Store },
  signal: AbortSignal,
): Promise<Verified> {
  const verified = { products: 0, reopened: 0, imagesReopened: 0 }
  for (let after: string | null = null; ; ) {
    signal.throwIfAborted()
    const page = await ledger.imported(wholesaler, { size: pageSize, after })
    const last = page.at(-1)
    if (last === undefined) return verified
    after = last.key

    const states = await store.verify(page)
    const keysWhere = (differs: (state: (typeof states)[number]) => boolean) =>
      page.filter((_, index) => states[index] !== undefined && differs(states[index])).map(({ key }) => key)
    const changed = keysWhere((state) => !state.exists || !state.asImported)
    const withoutImages = keysWhere((state) => !state.exists || !state.imagesPresent)
    if (changed.length > 0) await ledger.reopen(wholesaler, changed, 'product')
    if (withoutImages.length > 0) await ledger.reopen(wholesaler, withoutImages, 'images')
    verified.products += page.length
    verified.reopened += changed.length
    verified.imagesReopened += withoutImages.length
  }
}
