/** A config to paste: what `feed inspect` found out about a feed, as the file that imports it. */
import { withoutSecrets } from './errors.js'
import type { FeedShape } from './feed/feed.js'
import type { FeedSource } from './feed/source.js'
import type { FeedFacts } from './map-feed.js'
import type { ReadField } from './product/read-fields.js'
import type { Wholesaler } from './wholesaler.js'

/** JavaScript of a `wholesaler.config.js`. */
export function pasteConfig({ name, source, hints, mapping }: Wholesaler, facts: FeedFacts): string {
  const { feed, isCut } = shownSource(source)
  const said = [
    ['feed', feed],
    ['preset', facts.preset],
    ...Object.entries(hints).filter(([, value]) => typeof value === 'string'),
    ...(hints.lenient === true ? [['lenient', true]] : []),
    ...(hints.encoding === undefined && isMisdeclared(facts.shape) ? [['encoding', facts.shape.encoding]] : []),
    ...(mapping.map === undefined ? [] : [['map', mapping.map]]),
  ] as const
  const notes = isCut
    ? [
        'the key of the address was left out: write the whole address here, or send it as',
        "headers: { Authorization: { env: 'FEED_KEY' } }",
      ]
    : []
  return [
    'export default {',
    '  wholesalers: {',
    `    ${quoted(configName(name))}: {`,
    ...notes.map((note) => `      // ${note}`),
    ...said.map(
      ([field, value]) => `      ${field}: ${typeof value === 'string' ? quoted(value) : JSON.stringify(value)},`,
    ),
    ...readLines(facts.fields).map((line) => `      // ${line}`),
    '    },',
    '  },',
    '}',
    '',
  ].join('\n')
}

/** A name that a config takes: that of a URL has slashes and colons. */
function configName(name: string): string {
  return name.replace(/[\s/\\:]+/g, '-').replace(/^-+|-+$/g, '') || 'feed'
}

/** Without what may be a secret: a config file is no place for it. */
function shownSource(source: FeedSource): { readonly feed: string; readonly isCut: boolean } {
  if (source.kind === 'file') return { feed: source.path, isCut: false }
  if (source.kind === 'stdin') return { feed: 'feed', isCut: true }
  const shown = withoutSecrets(source.url)
  return { feed: shown, isCut: shown !== new URL(source.url).href }
}

/** What is read as what, one line each; a field that nothing fills is left out. */
function readLines(fields: readonly ReadField[]): readonly string[] {
  const byField = new Map<string, string[]>()
  for (const { field, path, filled } of fields) {
    if (filled > 0) byField.set(field, [...(byField.get(field) ?? []), path])
  }
  if (byField.size === 0) return []
  return ['read as:', ...[...byField].map(([field, paths]) => `  ${field}: ${paths.map(quoted).join(', ')}`)].map(
    oneLine,
  )
}

function isMisdeclared({ encoding, declaredEncoding }: FeedShape): boolean {
  return declaredEncoding !== undefined && declaredEncoding !== encoding
}

/** Safe inside a line of comment, whatever a feed calls its columns. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
}

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&').replace(/[\p{Cc}\u2028\u2029]/gu, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)}'`
}
