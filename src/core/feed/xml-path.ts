import { localName } from './xml-prefixes.js'

/** Tells whether an element is meant, by the local names from the root down to it. */
export type PathMatcher = (path: readonly string[]) => boolean

/**
 * Matches elements by a name (`offer`) or the end of a path (`offers/offer`). Prefixes do not count:
 * `g:item` means `item`.
 */
export function pathMatcher(pattern: string): PathMatcher {
  const names = pattern
    .split('/')
    .filter((name) => name !== '')
    .map(localName)
    .reverse()
  return (path) => names.length > 0 && names.every((name, index) => path[path.length - 1 - index] === name)
}

/** The last two names of a path: enough to know a record by when what is above it may be damaged. */
export function endOfPath(pattern: string): string {
  return pattern.split('/').slice(-2).join('/')
}
