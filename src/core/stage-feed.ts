/**
 * Fetch, read, map and stage one wholesaler's feed: the first half of an import.
 *
 * A feed whose bytes and mapping are those of the last complete staging is not even parsed. Anything that
 * goes wrong before the commit leaves the ledger as it was.
 */
import { join } from 'node:path'
import type { Clock } from './clock.js'
import { messageOf, WholesalerError } from './errors.js'
import type { FeedEnd, FeedShape, Reject, Repair } from './feed/feed.js'
import { fetchSecondSnapshot } from './feed/second-snapshot.js'
import { type FetchedSnapshot, type FetchOptions, fetchSnapshot } from './feed/snapshot.js'
import { describeSource } from './feed/source.js'
import { checkGuards } from './feed-guards.js'
import type { HttpClient } from './http/http-client.js'
import type {
  FeedFigures,
  FeedSummary,
  Ledger,
  StagedChunk,
  StagedCounts,
  StagedSnapshot,
  WholesalerState,
} from './ledger/ledger.js'
import type { MapFeedPlan, OpenMappedFeed } from './map-feed.js'
import { MarkWriter } from './mark-writer.js'
import { markingOf } from './marking.js'
import type { RetireHow } from './missing-policy.js'
import { checkExpected, type ExpectedFeed } from './plan-import.js'
import type { Progress } from './progress.js'
import { stageProducts, stageStep as step } from './stage-products.js'
import { configDigest, stagingDigest } from './staging-digest.js'
import type { Wholesaler } from './wholesaler.js'

export interface StagePorts {
  readonly ledger: Ledger
  readonly http: HttpClient
  readonly clock: Clock
  readonly progress: Progress
  readonly stateDir: string
  /** Called for every reject, before it is counted. */
  readonly onReject: (wholesaler: string, reject: Reject) => void
  readonly onRepair?: (repair: Repair) => void
  /** How feeds are read and mapped. Given, so that readers and presets are loaded only where there is something to read. */
  readonly openMapped: OpenMappedFeed
}

export interface StageOptions {
  /** Read and map also what has not changed. */
  readonly remap: boolean
  /** Read a local file also when its stamp says it has not changed. */
  readonly checksum: boolean
  readonly allowShrink: boolean
  /** Stage nothing: count what would change, and drop it. */
  readonly dryRun: boolean
  readonly allowPrivateHosts: readonly string[]
  readonly signal: AbortSignal
  /** What the feed is to be; anything else is refused before it is read. */
  readonly expected?: ExpectedFeed | undefined
  /** Called with what is staged as it comes, and waited for: for `feed inspect` and dry runs. */
  readonly onProducts?: (chunk: StagedChunk) => void | Promise<void>
}

export interface StagedFeed {
  readonly feed: FeedSummary
  readonly staged: StagedCounts
  /** In a dry run: missing products that an import would take out of sale, were there no guard. */
  readonly due: number
  /** Hash of all that shaped it besides its bytes. */
  readonly digest: string
  /** False when the feed was not read because nothing had changed. */
  readonly read: boolean
  /** Currency of the feed's first product that names one. */
  readonly currency: string | null
  /** Shape of the feed when it was read. */
  readonly shape: FeedShape | null
}

/**
 * Stages one feed. Throws what is wrong with it, a guard that tripped, or what stops a run; the ledger is
 * then as it was.
 */
export async function stageFeed(wholesaler: Wholesaler, ports: StagePorts, options: StageOptions): Promise<StagedFeed> {
  let current: 'fetch' | 'stage' = 'fetch'
  const progress: Progress = {
    emit(event) {
      if (event.type === 'step' && (event.step === 'fetch' || event.step === 'stage')) current = event.step
      ports.progress.emit(event)
    },
  }
  try {
    return await fetchAndStage(wholesaler, { ...ports, progress }, options)
  } catch (error: unknown) {
    progress.emit({ ...step(wholesaler, current, 'failed'), note: messageOf(error) })
    throw error
  }
}

async function fetchAndStage(wholesaler: Wholesaler, ports: StagePorts, options: StageOptions): Promise<StagedFeed> {
  const { ledger, progress } = ports
  const state = await ledger.addWholesaler(wholesaler.name, wholesaler.origin)

  progress.emit(step(wholesaler, 'fetch', 'started'))
  const fetching = {
    stateDir: ports.stateDir,
    wholesaler: wholesaler.name,
    checksum: options.checksum || options.remap,
    allowPrivateHosts: options.allowPrivateHosts,
    http: ports.http,
    signal: options.signal,
  }
  const snapshot = await fetchSnapshot(wholesaler.source, {
    ...fetching,
    headers: wholesaler.headers,
    previous: state.current === null ? null : { stamp: state.current.stamp, sha256: state.current.sha256 },
  })
  const second = await fetchSecond(wholesaler, fetching)
  const digest = stagingDigest(wholesaler, second?.sha256)
  checkExpected(wholesaler.name, options.expected, { feed: snapshot.sha256, mapping: digest })
  progress.emit(step(wholesaler, 'fetch', snapshot.unchanged ? 'skipped' : 'done'))

  if (isStagedAlready(state.current, snapshot, digest) && !options.remap) {
    progress.emit(step(wholesaler, 'stage', 'skipped'))
    if (!options.dryRun) await ledger.touchSnapshot(wholesaler.name, snapshot.stamp)
    const due = await countDue(wholesaler, options, (how) => ledger.countDue(wholesaler.name, how, ports.clock.now()))
    return { ...unchangedFeed(state.current, await ledger.countMissing(wholesaler.name)), due, digest }
  }
  const staged = await stageSnapshot(wholesaler, state, { snapshot, second, digest }, ports, options)
  progress.emit({ type: 'feed', feed: staged.feed, staged: staged.staged })
  return staged
}

async function fetchSecond(
  { second }: Wholesaler,
  fetching: Omit<FetchOptions, 'previous' | 'headers'>,
): Promise<FetchedSnapshot | null> {
  if (second === undefined) return null
  return fetchSecondSnapshot(second.source, { ...fetching, headers: second.headers })
}

/** A feed on this disk. */
export interface FetchedFeed {
  readonly snapshot: FetchedSnapshot
  readonly second: FetchedSnapshot | null
  /** Hash of everything that shapes staging besides the bytes of the feed. */
  readonly digest: string
}

function isStagedAlready(
  current: StagedSnapshot | null,
  snapshot: FetchedSnapshot,
  digest: string,
): current is StagedSnapshot {
  return current?.complete === true && current.sha256 === snapshot.sha256 && current.mappingDigest === digest
}

function unchangedFeed(current: StagedSnapshot, missing: number): Omit<StagedFeed, 'due' | 'digest'> {
  const staged = { new: 0, changed: 0, unchanged: current.feed.products, missing }
  return { feed: current.feed, staged, read: false, currency: null, shape: null }
}

async function stageSnapshot(
  wholesaler: Wholesaler,
  state: WholesalerState,
  { snapshot, second, digest }: FetchedFeed,
  ports: StagePorts,
  options: StageOptions,
): Promise<StagedFeed> {
  const source = describeSource(wholesaler.source)
  // A feed that used to end with a line end and does not any more was cut, be it behind a whole row (F1).
  const endedLine = !options.allowShrink && state.lastComplete?.figures?.endsLine === true
  const marking = markingOf(wholesaler, state.current, { snapshot, second, digest }, options)
  const plan: MapFeedPlan = {
    path: snapshot.path,
    source,
    hints: { ...wholesaler.hints, ...(endedLine ? { mustEndLine: true } : {}) },
    mapping: wholesaler.mapping,
    spillDir: join(ports.stateDir, 'tmp'),
    bytes: snapshot.bytes + (second?.bytes ?? 0),
    ...secondFile(wholesaler, second),
    ...(marking === null ? {} : { marks: { path: marking.known?.marks ?? null } }),
  }
  // Before anything is read of the marks of the snapshot that it stands on.
  const staging = await ports.ledger.beginStaging(wholesaler.name, { onto: marking?.known?.id })
  try {
    const mapped = await ports.openMapped(plan, options.signal)
    const { shape, preset } = mapped.facts
    const marks = marking === null ? null : new MarkWriter(staging, mapped.facts.reading)
    const target = { staging, marks, mayBeSame: marking?.mayBeSame === true }
    const count = await stageProducts(wholesaler, mapped, target, ports, options)
    const summary: FeedSummary = {
      wholesaler: wholesaler.name,
      source,
      format: shape.format,
      preset,
      encoding: shape.encoding,
      compression: shape.compression,
      bytes: snapshot.bytes,
      sha256: snapshot.sha256,
      complete: count.end.complete && !(endedLine && count.end.endsWithLineEnd === false),
      records: count.end.records,
      products: count.products,
      variants: count.variants,
      images: count.images,
      rejects: count.rejects,
      repairs: count.repairs,
      skipped: count.skipped,
      error: null,
    }
    checkRejects(wholesaler, summary)
    const figures: FeedFigures = {
      ...count.figures,
      mapping: configDigest(wholesaler),
      columns: shape.columns ?? null,
      endsLine: count.end.endsWithLineEnd ?? null,
      fields: mapped.facts.fields,
    }
    if (!options.allowShrink) {
      const changedOffers = (sampleMax: number) => staging.changedOffers(sampleMax)
      await checkGuards(wholesaler, state.lastComplete, { summary, figures, changedOffers })
    }
    warnWhenIncomplete(summary, count.end, ports.progress)
    const staged = options.dryRun
      ? await staging.preview()
      : await staging.commit(
          {
            sha256: snapshot.sha256,
            mappingDigest: digest,
            complete: summary.complete,
            stamp: snapshot.stamp,
            feed: summary,
          },
          figures,
        )
    const due = summary.complete ? await countDue(wholesaler, options, (how) => staging.countDue(how)) : 0
    if (options.dryRun) await staging.abort()
    ports.progress.emit(step(wholesaler, 'stage', 'done', summary.products))
    return { feed: summary, staged, due, digest, read: true, currency: count.currency, shape }
  } catch (error: unknown) {
    await staging.abort()
    throw error
  }
}

async function countDue(
  { missing }: Wholesaler,
  { dryRun }: StageOptions,
  count: (how: RetireHow) => Promise<number>,
): Promise<number> {
  return dryRun && missing !== 'keep' ? await count(missing) : 0
}

function secondFile({ second }: Wholesaler, snapshot: FetchedSnapshot | null): Pick<MapFeedPlan, 'second'> {
  if (second === undefined || snapshot === null) return {}
  return { second: { path: snapshot.path, source: describeSource(second.source), hints: second.hints } }
}

function checkRejects({ name, rejectsMax }: Wholesaler, { rejects, source }: FeedSummary): void {
  if (rejectsMax === null || rejects <= rejectsMax) return
  throw new WholesalerError({
    kind: 'guard',
    message: `${rejects} records were rejected, more than the ${rejectsMax} that ${name} allows; nothing was imported`,
    hint: `See the rejects file, or raise wholesalers.${name}.rejects.max.`,
    place: { file: source },
  })
}

function warnWhenIncomplete({ wholesaler, complete }: FeedSummary, end: FeedEnd, progress: Progress): void {
  if (complete) return
  progress.emit({
    type: 'warning',
    message: `The feed of ${wholesaler} ended early: ${(end.problem ?? earlyEnd(end)).replace(/\.$/, '')}.`,
    hint:
      end.endsWithLineEnd === false
        ? 'Its complete records are imported; nothing counts as missing. If it is whole: --allow-shrink.'
        : 'Its complete records are imported; nothing counts as missing.',
  })
}

function earlyEnd({ endsWithLineEnd }: FeedEnd): string {
  return endsWithLineEnd === false ? 'its last row has no line end, which it used to have' : 'its end was not seen'
}
