/** Names of the core in the way documents write them. */

/** Safe for products: their property names are all ours, what the feed names is in values. */
export function snakeCased(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeCased)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [snakeCase(name), snakeCased(inner)]))
}

/** What stands in brackets is a key of the feed, and stays as it is. */
export function snakeCase(name: string): string {
  return name.replace(/\[.*\]|[A-Z]/gs, (part) => (part.startsWith('[') ? part : `_${part.toLowerCase()}`))
}
