/** Selectors: paths made ready. Compiled once per feed; per record only closures run. */
import type { FeedShape } from '../feed/feed.js'
import type { Selectors } from './picked.js'
import { csvSelectors } from './select-csv.js'
import { jsonSelectors } from './select-json.js'
import { xmlSelectors } from './select-xml.js'

/** Selectors for the records of a feed. `namespaces` gives prefixes used in XML paths their URIs. */
export function selectorsFor(shape: FeedShape, namespaces: Readonly<Record<string, string>> = {}): Selectors {
  switch (shape.format) {
    case 'csv':
      return csvSelectors(shape.columns ?? [])
    case 'xml':
      return xmlSelectors(namespaces)
    case 'json':
    case 'ndjson':
      return jsonSelectors()
    default:
      return shape.format satisfies never
  }
}
