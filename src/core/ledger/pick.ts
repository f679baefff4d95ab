/** What is known under these keys, in their order; unknown ones are left out. */
export function pick<T>(keys: readonly string[], get: (key: string) => T | undefined): ReadonlyMap<string, T> {
  const found = new Map<string, T>()
  for (const key of keys) {
    const value = get(key)
    if (value !== undefined) found.set(key, value)
  }
  return found
}
