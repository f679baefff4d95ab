/** A number where the store's ids are integers, as they are in the catalog and in WooCommerce. */
export type IdField = number | string

export function idField(id: string): IdField {
  const number = Number(id)
  return Number.isSafeInteger(number) && String(number) === id ? number : id
}
