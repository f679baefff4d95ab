/**
 * How a store takes an update in: what the feed does not mention stays, what it says is blank goes, what it
 * gives a value for is set.
 */

/** One field: absent keeps, null clears. */
export function kept<T>(update: T | null | undefined, stored: T | null): T | null {
  return update === undefined ? stored : update
}

/** The named fields of a record; blank ones (null, an empty list) are left out of the result. */
export function merged<T extends object>(
  stored: Partial<T>,
  update: Partial<T>,
  names: readonly (keyof T)[],
): Partial<T> {
  const result: Partial<T> = {}
  for (const name of names) {
    const value: T[keyof T] | undefined = update[name] === undefined ? stored[name] : update[name]
    if (value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0)) result[name] = value
  }
  return result
}
