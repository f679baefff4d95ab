import { Parser } from 'htmlparser2'
import { emptyFeed, malformed } from './malformed.js'
import type { FeedText } from './text.js'
import { type PathMatcher, pathMatcher } from './xml-path.js'
import { isDeclaration, localName } from './xml-prefixes.js'

/** How far from the beginning an XML declaration is looked for, behind the warnings of a shop's own software. */
const junkChars = 4096

/** Kinds of elements that are told apart; what comes behind so many is not looked at. */
const pathsMax = 2000

/** Depth at which looking ends: no record stands below, and the parser's time grows with it. */
const depthMax = 1000

/** Where common formats keep their records, and by what those are told when it is not the whole path. */
const knownRecords: readonly { readonly path: RegExp; readonly match?: string }[] = [
  { path: /^offers(?:\/group)?\/o$/, match: 'o' },
  { path: /^yml_catalog\/shop\/offers\/offer$/ },
  { path: /^(?:rss\/channel|RDF)\/item$/ },
  { path: /^feed\/entry$/ },
  { path: /^offer\/products\/product$/ },
  { path: /^SHOP\/SHOPITEM$/ },
  { path: /^Products\/Offer$/ },
  { path: /^BMECAT\/T_(?:NEW_CATALOG|UPDATE_PRODUCTS|UPDATE_PRICES)\/(?:ARTICLE|PRODUCT)$/ },
  { path: /(?:^|\/)articles\/article$/i },
  { path: /(?:^|\/)products\/product$/i },
]

/** Names that records go by elsewhere. */
const recordNames =
  /^(?:o|offer|product|item|shop_?item|article|entry|record|row|good|listing|position|towar|produkt|artikel|artykul|produit|producto|prodotto)$/i

export interface XmlShape {
  readonly root: { readonly name: string; readonly attributes: Readonly<Record<string, string>> }
  readonly namespaces: Readonly<Record<string, string>>
  /** Path of a record from the root, for people. */
  readonly recordPath: string
  /** Path or name that a record is told by. */
  readonly match: string
  /** Index where XML begins, when there is other text before its declaration. */
  readonly start: number
}

/**
 * Looks at the beginning of an XML feed, tolerating all damage, and finds the element that is a record:
 * the one that is named, one known from a format, one with the name of a record, or the shallowest repeated
 * element that has elements inside. Reads on behind the head only when nothing of that kind is in it.
 * Throws `feed_malformed` when there is no element, `feed_empty` when none can be a record.
 */
export async function findXmlShape(text: FeedText, file: string, record?: string): Promise<XmlShape> {
  const start = Math.max(0, text.head.slice(0, junkChars).search(/<\?xml\s/))
  const survey = new XmlSurvey(record === undefined ? undefined : pathMatcher(record))
  let seen = 0
  try {
    for await (const piece of text.chunks()) {
      survey.write(seen < start ? piece.slice(start - seen) : piece)
      seen += piece.length
      if (survey.isSure || survey.isTooDeep || (seen >= text.head.length && (record !== undefined || survey.hasLikely)))
        break
    }
  } catch (error) {
    // Bytes that cannot be decoded further on are for the reading to report.
    if (survey.root === undefined) throw error
  }
  const { root } = survey
  if (root === undefined) throw malformed('There is no XML element in this feed.', { file })
  const found = survey.best()
  if (record === undefined && found === undefined) throw emptyFeed('The feed has no record.', { file })
  const recordPath = found?.path ?? record ?? ''
  return {
    root,
    namespaces: survey.namespaces,
    recordPath,
    match: record ?? knownRecord(recordPath)?.match ?? recordPath,
    start,
  }
}

interface Seen {
  readonly path: string
  readonly name: string
  readonly depth: number
  count: number
  hasElements: boolean
  hasAttributes: boolean
}

function knownRecord(path: string): (typeof knownRecords)[number] | undefined {
  return knownRecords.find((known) => known.path.test(path))
}

/** Counts elements by path, as they pass by. */
class XmlSurvey {
  root: XmlShape['root'] | undefined
  readonly namespaces: Record<string, string> = Object.create(null) as Record<string, string>
  readonly #hinted: PathMatcher | undefined
  readonly #parser: Parser
  readonly #names: string[] = []
  readonly #seen = new Map<string, Seen>()
  #certain: Seen | undefined

  constructor(hinted: PathMatcher | undefined) {
    this.#hinted = hinted
    this.#parser = new Parser(
      { onopentag: (name, attributes) => this.#open(name, attributes), onclosetag: () => this.#names.pop() },
      { xmlMode: true },
    )
  }

  write(piece: string): void {
    this.#parser.write(piece)
  }

  /** The hinted element or one known from a format was met. */
  get isSure(): boolean {
    return this.#certain !== undefined
  }

  get isTooDeep(): boolean {
    return this.#names.length > depthMax
  }

  /** Something was met that has the name of a record, or repeats and has elements inside. */
  get hasLikely(): boolean {
    return [...this.#seen.values()].some((seen) => rank(seen) <= 1)
  }

  best(): Seen | undefined {
    if (this.#certain !== undefined || this.#hinted !== undefined) return this.#certain
    return [...this.#seen.values()]
      .filter((seen) => rank(seen) < notOne)
      .toSorted((a, b) => rank(a) - rank(b) || a.depth - b.depth || b.count - a.count)[0]
  }

  #open(qname: string, attributes: Record<string, string>): void {
    const name = localName(qname)
    this.#names.push(name)
    const depth = this.#names.length
    for (const [key, value] of Object.entries(attributes)) {
      if (isDeclaration(key)) this.namespaces[key.slice(6)] ??= value
    }
    if (this.root === undefined) this.root = { name, attributes: rootAttributes(attributes) }
    if (this.#certain !== undefined || depth === 1 || depth > depthMax) return
    const path = this.#names.join('/')
    const parent = this.#seen.get(path.slice(0, path.length - name.length - 1))
    if (parent !== undefined) parent.hasElements = true
    const hasAttributes = Object.keys(attributes).length > 1
    let seen = this.#seen.get(path)
    if (seen === undefined) {
      if (this.#seen.size >= pathsMax) return
      seen = { path, name, depth, count: 0, hasElements: false, hasAttributes }
      this.#seen.set(path, seen)
    }
    seen.count += 1
    const isCertain = this.#hinted === undefined ? knownRecord(path) !== undefined : this.#hinted(this.#names)
    if (isCertain) this.#certain = seen
  }
}

/** Rank of what cannot be a record at all. */
const notOne = 4

/** The lower, the more likely a record. */
function rank(seen: Seen): number {
  const isNamed = recordNames.test(seen.name)
  if (isNamed && (seen.hasElements || seen.hasAttributes)) return 0
  if (seen.count > 1 && seen.hasElements) return 1
  if (seen.count > 1 && seen.hasAttributes) return 2
  return seen.hasElements && seen.depth === 2 ? 3 : notOne
}

function rootAttributes(attributes: Record<string, string>): Readonly<Record<string, string>> {
  const result = Object.create(null) as Record<string, string>
  for (const [key, value] of Object.entries(attributes)) {
    if (!isDeclaration(key)) result[localName(key)] = value
  }
  return result
}
