/**
 * Fail points: named places where a test lets this very process die, stand still or throw, so that what
 * others only hope for can be shown. Without `WHOLESALER_FAILPOINT` a fail point is one comparison and
 * nothing else.
 *
 *     WHOLESALER_FAILPOINT='NAME[@KEY][:WHEN][:HOW][:MS]'     several: separated by ;
 *
 * NAME as below; KEY (in any case): only where the place is about this product, image or job; WHEN: the n-th time this
 * process comes by (default 1), `n+` from then on, each time; HOW: one of `failures` (default kill).
 *
 *     WHOLESALER_FAILPOINT=batch-applied:3:kill              dies between the store and its checkpoint
 *     WHOLESALER_FAILPOINT='apply-product@SKU-7:1+:kill'     this product kills whoever imports it
 */
import { WholesalerError } from './errors.js'

export const failpoints = [
  // jobs.json: the lock is held; the new file is written, and has its name, but the folder is not synced.
  'job-lock-held',
  'job-file-written',
  'job-file-renamed',
  // A job of this process: claimed; its work is over and its end not yet recorded; recorded. Key: the job's id.
  'job-claimed',
  'job-ending',
  'job-ended',
  'heartbeat',
  // A feed is staged. Key: the wholesaler.
  'feed-staged',
  // A batch: about to be taken, taken, written to the store, recorded in the ledger. Key: its id.
  'batch-claim',
  'batch-claimed',
  'batch-applied',
  'batch-recorded',
  // A product is about to be written; it is written, inside the catalog's transaction. Key: the product's.
  'apply-product',
  'product-written',
  // Products that left the feed are out of sale in the store; the ledger does not know yet.
  'missing-retired',
  // An image: its bytes are in tmp/, have their name in the media folder, are known to the store. Key: sha256.
  'image-saved',
  'image-linked',
  'image-put',
  // The images of a product are attached; and recorded as done. Key: the product's.
  'images-attached',
  'images-recorded',
] as const
export type Failpoint = (typeof failpoints)[number]

/**
 * - `kill`: SIGKILL, as by the kernel when memory is short.
 * - `stop`: SIGSTOP, until somebody sends SIGCONT.
 * - `hang`: the thread stands still, for MS milliseconds or for ever: timers and signals wait too.
 * - `throw`: an error that nobody expects.
 * - `exit`: ends with code 1, leaving everything as it is.
 */
export const failures = ['kill', 'stop', 'hang', 'throw', 'exit'] as const
export type Failure = (typeof failures)[number]

interface Armed {
  readonly name: Failpoint
  readonly key: string | null
  /** The passing it fails at. */
  readonly at: number
  /** Every passing from `at` on. */
  readonly repeated: boolean
  readonly how: Failure
  readonly hangMs: number
  passed: number
}

/** Null in normal use. */
let armed: readonly Armed[] | null = parse(process.env.WHOLESALER_FAILPOINT ?? '')

/** A place where a test may let this process fail. `key`: what it is about. */
export function failpoint(name: Failpoint, key?: string | number): void {
  if (armed !== null) pass(armed, name, key)
}

/** Arms fail points in this process, as the variable does; returns a function that disarms them. For tests. */
export function armFailpoints(spec: string): () => void {
  const before = armed
  armed = parse(spec)
  return () => {
    armed = before
  }
}

function pass(points: readonly Armed[], name: Failpoint, key: string | number | undefined): void {
  for (const point of points) {
    if (point.name !== name || (point.key !== null && point.key !== String(key).toLowerCase())) continue
    point.passed += 1
    if (point.passed === point.at || (point.repeated && point.passed > point.at)) fail(point, key)
  }
}

function fail({ name, how, hangMs }: Armed, key: string | number | undefined): void {
  switch (how) {
    case 'kill':
      process.kill(process.pid, 'SIGKILL')
      standStill(Number.POSITIVE_INFINITY)
      return
    case 'stop':
      process.kill(process.pid, 'SIGSTOP')
      return
    case 'hang':
      standStill(hangMs)
      return
    case 'throw':
      throw new Error(`fail point ${name}${key === undefined ? '' : ` at ${key}`}`)
    case 'exit':
      process.exit(1)
      return
    default:
      how satisfies never
  }
}

function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

function parse(spec: string): readonly Armed[] | null {
  const points = spec.split(';').flatMap((text) => (text.trim() === '' ? [] : [parseOne(text.trim())]))
  return points.length === 0 ? null : points
}

/** Throws `usage` for what it does not understand: a fail point that never fails would make a test worthless. */
function parseOne(text: string): Armed {
  const syntax = /^([a-z-]+)(?:@(.+?))??(?::(\d+)(\+)?)?(?::([a-z]+))?(?::(\d+))?$/
  const [, name, key, at = '1', repeated, how = 'kill', ms] = syntax.exec(text) ?? []
  const point = failpoints.find((known) => known === name)
  const failure = failures.find((known) => known === how)
  if (point === undefined || failure === undefined || (ms !== undefined && failure !== 'hang')) {
    throw new WholesalerError({
      kind: 'usage',
      message: `WHOLESALER_FAILPOINT: "${text}" is not a fail point`,
      hint: 'It is a variable for tests. Unset it.',
    })
  }
  return {
    name: point,
    key: key?.toLowerCase() ?? null,
    at: Number(at),
    repeated: repeated !== undefined,
    how: failure,
    hangMs: ms === undefined ? Number.POSITIVE_INFINITY : Number(ms),
    passed: 0,
  }
}
