/** For `--refresh-images`: the images of all imported products are looked at again, not only those that are pending. */
import type { Ledger } from '../ledger/ledger.js'

/** Products per page: memory stays flat, and no page is a long transaction. */
const pageSize = 500

/** Makes the images of all products of a wholesaler pending. Safe to call twice. Throws the signal's reason. */
export async function reopenImages(
  wholesaler: string,
  ledger: Pick<Ledger, 'imported' | 'reopen'>,
  signal: AbortSignal,
): Promise<void> {
  for (let after: string | null = null; ; ) {
    signal.throwIfAborted()
    const page: readonly { readonly key: string }[] = await ledger.imported(wholesaler, { size: pageSize, after })
    const last = page.at(-1)
    if (last === undefined) return
    await ledger.reopen(
      wholesaler,
      page.map(({ key }) => key),
      'images',
    )
    after = last.key
  }
}
