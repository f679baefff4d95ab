import assert from 'node:assert/strict'
import { importBatch } from '../../src/core/batch/import-batch.js'
import type { ClaimedBatch, Ledger, Writer } from '../../src/core/ledger/ledger.js'
import type { StagedProduct } from '../../src/core/product/fingerprint.js'
import { silent } from '../../src/core/progress.js'
import type { ItemResult, StoreBatch } from '../../src/core/store/store.js'
import { fixedClock } from '../support/fixed-clock.js'
import {
  aren,
  claim,
  claimSome,
  finish,
  importAll,
  keysOf,
  newWriter,
  pending,
  row,
  rows,
  stage,
  takeOver,
  type WithLedger,
  written,
} from './ledger-fixture.js'

/** What a store does with the product that no worker survives: die before it wrote the batch, or just after. */
type Death = 'before' | 'after'

interface Reject {
  readonly key: string | undefined
  readonly code: string
  readonly line: number
  readonly raw: string | undefined
}

/** A store that keeps nothing of a product but its key, and every promise about batches. */
class PlainStore {
  readonly keys = new Set<string>()
  readonly #applied = new Map<string, readonly ItemResult[]>()
  #token = 0

  async apply({ id, token, items }: Pick<StoreBatch, 'id' | 'token' | 'items'>): Promise<readonly ItemResult[]> {
    if (token < this.#token) throw new Error('a late owner')
    this.#token = token
    const results = this.#applied.get(id) ?? items.map(({ key }) => written(key))
    if (!this.#applied.has(id)) for (const { key } of items) this.keys.add(key)
    this.#applied.set(id, results)
    return results
  }
}

/** A worker as the operating system sees it: once dead, it reaches neither ledger nor store. */
class Worker {
  isDead = false
  readonly rejects: Reject[] = []

  constructor(
    private readonly ledger: Ledger,
    private readonly store: PlainStore,
    private readonly isDeadly: (key: string) => boolean,
    private readonly death: Death,
  ) {}

  /** Works off the job until nothing is pending; false when it died. */
  async workOff(writer: Writer, size: number): Promise<boolean> {
    const ledger = this.mortal(this.ledger)
    const ports = {
      ledger,
      store: this.mortal(this.store, 'apply'),
      clock: fixedClock(),
      progress: silent,
      rejects: {
        path: null,
        add: (_: string, { key, code, position, raw }: RejectArguments) => {
          this.rejects.push({ key, code, line: position.line, raw })
        },
        flush: () => {},
        close: () => {},
      },
    }
    try {
      for (;;) {
        const batch = await claim(ledger, writer, { size })
        if (batch === null) return true
        await importBatch(batch, writer, { updateExisting: true, takeover: false, shopFields: [] }, ports)
      }
    } catch (error: unknown) {
      if (this.isDead) return false
      throw error
    }
  }

  private mortal<T extends object>(target: T, deadlyCall?: keyof T): T {
    return new Proxy(target, {
      get: (of, name) => {
        const member: unknown = Reflect.get(of, name)
        if (typeof member !== 'function') return member
        return async (...args: unknown[]) => {
          if (this.isDead) throw new Error('dead')
          const items = name === deadlyCall ? (args[0] as Pick<ClaimedBatch, 'items'>).items : []
          const dies = items.some(({ key }) => this.isDeadly(key))
          if (dies && this.death === 'before') this.die()
          const result: unknown = await member.apply(of, args)
          if (dies) this.die()
          return result
        }
      },
    })
  }

  private die(): never {
    this.isDead = true
    throw new Error('dead')
  }
}

type RejectArguments = {
  readonly key?: string
  readonly code: string
  readonly position: { readonly line: number }
  readonly raw?: string
}

interface Outcome {
  readonly deaths: number
  readonly rejects: readonly Reject[]
  readonly writer: Writer
}

/** One worker after the other, until one survives. */
async function workOffSomehow(
  ledger: Ledger,
  store: PlainStore,
  {
    deadly,
    size = 100,
    death = 'before',
  }: { readonly deadly: readonly string[]; readonly size?: number; readonly death?: Death },
  writer?: Writer,
): Promise<Outcome> {
  let owner = writer ?? (await newWriter(ledger))
  const rejects: Reject[] = []
  for (let deaths = 0; ; deaths += 1) {
    if (deaths > 100) throw new Error('no worker survives')
    const worker = new Worker(ledger, store, (key) => deadly.includes(key), death)
    const survived = await worker.workOff(owner, size)
    rejects.push(...worker.rejects)
    if (survived) return { deaths, rejects, writer: owner }
    owner = await takeOver(ledger, owner)
  }
}

function numbered(count: number): readonly StagedProduct[] {
  return Array.from({ length: count }, (_, index) => row(`k${index + 1}`, { line: index + 2 }))
}

/** What happens to a product that kills whoever imports it, and to those beside it. */
export function poisonContract(withLedger: WithLedger): void {
  describe('a product that kills its workers', () => {
    for (const at of [1, 7_778]) {
      it(
        `costs at most 16 workers (10 in fact) and no other product: number ${at} of 10,000`,
        withLedger(async ({ ledger }) => {
          await stage(ledger, numbered(10_000))
          const store = new PlainStore()

          const { deaths, rejects, writer } = await workOffSomehow(ledger, store, { deadly: [`k${at}`] })

          assert.ok(deaths <= 10, `${deaths} workers died`)
          assert.equal(store.keys.size, 9_999)
          const { processed, created, errors, batches } = await ledger.jobCounts(writer.jobId)
          assert.deepEqual({ processed, created, errors }, { processed: 10_000, created: 9_999, errors: 1 })
          assert.equal(batches, 100, 'a halved batch counts as one')
          assert.deepEqual(
            rejects.map(({ key, code, line }) => ({ key, code, line })),
            [{ key: `k${at}`, code: 'quarantined', line: at + 1 }],
          )
          assert.match(rejects[0]?.raw ?? '', new RegExp(`"key":"k${at}"`))
        }),
      ).timeout(60_000)
    }

    it(
      'is found among others that kill as well',
      withLedger(async ({ ledger }) => {
        await stage(ledger, numbered(100))
        const store = new PlainStore()

        const { rejects } = await workOffSomehow(ledger, store, { deadly: ['k3', 'k4', 'k90'] })

        assert.equal(store.keys.size, 97)
        assert.deepEqual(rejects.map(({ key }) => key).sort(), ['k3', 'k4', 'k90'])
      }),
    )

    it(
      'is found as well when every death is followed by a new job, as of a nightly import',
      withLedger(async ({ ledger }) => {
        await stage(ledger, numbered(300))
        const store = new PlainStore()
        const rejects: Reject[] = []
        let deaths = 0
        for (;;) {
          // The feed goes on changing meanwhile.
          const worker = new Worker(ledger, store, (key) => key === 'k142', 'before')
          const survived = await worker.workOff(await newWriter(ledger), 100)
          rejects.push(...worker.rejects)
          if (survived) break
          deaths += 1
          await stage(ledger, [row('k1', { price: deaths + 1 }), ...numbered(300).slice(1), row(`late${deaths}`)])
        }

        assert.equal(deaths, 10)
        assert.deepEqual(
          rejects.map(({ key, code }) => [key, code]),
          [['k142', 'quarantined']],
        )
        assert.equal(await pending(ledger), 0)
        assert.ok(!store.keys.has('k142') && store.keys.has('k141') && store.keys.has('late10'))
      }),
    )

    it(
      'always leaves a checkpoint between three deaths: halving counts as getting on',
      withLedger(async ({ ledger }) => {
        await stage(ledger, numbered(100))
        const store = new PlainStore()
        let owner = await newWriter(ledger)
        const checkpoints: number[] = []

        for (let survived = false; !survived; ) {
          const worker = new Worker(ledger, store, (key) => key === 'k42', 'before')
          survived = await worker.workOff(owner, 100)
          checkpoints.push(await ledger.jobCheckpoints(owner.jobId))
          owner = await takeOver(ledger, owner)
        }

        const standing = checkpoints.filter((count, index) => count === checkpoints[index - 2])
        assert.deepEqual(standing, [])
      }),
    )

    it(
      'keeps what the store had written before its worker died, and is not taken for deadly',
      withLedger(async ({ ledger }) => {
        await stage(ledger, numbered(100))
        const store = new PlainStore()

        const { deaths, rejects, writer } = await workOffSomehow(ledger, store, { deadly: ['k42'], death: 'after' })

        assert.deepEqual(rejects, [])
        assert.equal(deaths, 2)
        assert.equal(store.keys.size, 100)
        assert.equal((await ledger.jobCounts(writer.jobId)).created, 100)
      }),
    )

    it(
      'is not written by a late owner once its batch was halved',
      withLedger(async ({ ledger }) => {
        await stage(ledger, rows('a', 'b'))
        const store = new PlainStore()
        const first = await newWriter(ledger)
        const lost = await claimSome(ledger, first)
        const stored = { ...lost, token: first.token }
        const second = await takeOver(ledger, first)
        await claimSome(ledger, second)

        await workOffSomehow(ledger, store, { deadly: ['a'] }, await takeOver(ledger, second))

        await assert.rejects(store.apply(stored), /a late owner/)
        assert.deepEqual(await store.apply({ ...stored, token: 1_000 }), [])
        assert.equal(store.keys.size, 1)
      }),
    )
  })

  describe('a batch that its owner put down', () => {
    it(
      'is not taken for deadly, however often',
      withLedger(async ({ ledger }) => {
        await stage(ledger, rows('a', 'b'))
        let owner = await newWriter(ledger)
        for (let times = 0; times < 5; times += 1) {
          const batch = await claimSome(ledger, owner)
          assert.equal(batch.crashes, 0)
          await ledger.putDownBatch(owner, batch)
          owner = await takeOver(ledger, owner)
        }

        assert.deepEqual(keysOf(await claim(ledger, owner)), ['a', 'b'])
      }),
    )

    it(
      'is told from one whose owner died',
      withLedger(async ({ ledger }) => {
        await stage(ledger, rows('a', 'b'))
        const dead = await newWriter(ledger)
        const lost = await claimSome(ledger, dead)
        assert.deepEqual([lost.crashes, lost.size, lost.isPart], [0, 2, false])

        const again = await claimSome(ledger, await takeOver(ledger, dead))

        assert.deepEqual([again.id, again.crashes, again.size, again.isPart], [lost.id, 1, 2, false])
      }),
    )
  })

  describe('a halved batch', () => {
    it(
      'comes back as two, before anything else, and lets go of what has changed since',
      withLedger(async ({ ledger }) => {
        await stage(ledger, rows('a', 'b', 'c', 'd', 'e', 'f'))
        const dead = await newWriter(ledger)
        await claimSome(ledger, dead, { size: 5 })
        await stage(ledger, [...rows('a', 'b', 'c', 'e', 'f'), row('d', { price: 2 })])
        const heir = await takeOver(ledger, dead)
        await ledger.halveBatch(heir, await claimSome(ledger, heir))

        const first = await claimSome(ledger, heir)
        const second = await claimSome(ledger, heir)
        const next = await claimSome(ledger, heir)

        assert.deepEqual([first, second].map(keysOf), [
          ['a', 'b'],
          ['c', 'e'],
        ])
        assert.deepEqual(
          [first, second, next].map(({ isPart, crashes }) => [isPart, crashes]),
          [
            [true, 0],
            [true, 0],
            [false, 0],
          ],
        )
        assert.deepEqual([...keysOf(next)].sort(), ['d', 'f'])
      }),
    )

    it(
      'is halved once, and cannot be finished',
      withLedger(async ({ ledger }) => {
        await stage(ledger, rows('a', 'b'))
        const writer = await newWriter(ledger)
        const batch = await claimSome(ledger, writer)
        await ledger.halveBatch(writer, batch)
        await ledger.halveBatch(writer, batch)

        await assert.rejects(finish(ledger, writer, batch))
        assert.deepEqual(keysOf(await claim(ledger, writer)), ['a'])
        assert.deepEqual(keysOf(await claim(ledger, writer)), ['b'])
        assert.equal(await claim(ledger, writer), null)
      }),
    )

    it(
      'is worked off although the job may take no new batch',
      withLedger(async ({ ledger }) => {
        await stage(ledger, rows('a', 'b', 'c'))
        const writer = await newWriter(ledger)
        const only = { wholesaler: aren, size: 2, updateExisting: true, leftBehindOnly: true }
        assert.equal(await ledger.claimBatch(writer, only), null)
        await ledger.halveBatch(writer, await claimSome(ledger, writer, { size: 2 }))

        const parts = [await ledger.claimBatch(writer, only), await ledger.claimBatch(writer, only)]

        assert.deepEqual(parts.map(keysOf), [['a'], ['b']])
        assert.equal(await ledger.claimBatch(writer, only), null)
      }),
    )
  })

  describe('a quarantined product', () => {
    /** Imports all rows, with `bad` ending in quarantine. */
    async function quarantine(ledger: Ledger, bad: string): Promise<Writer> {
      const quarantined = { key: bad, outcome: 'rejected', code: 'quarantined', reason: 'it kills' } as const
      return await importAll(ledger, [quarantined])
    }

    it(
      'is not pending, in later snapshots neither, until its content changes',
      withLedger(async ({ ledger }) => {
        await stage(ledger, rows('bad', 'good'))
        await quarantine(ledger, 'bad')

        assert.equal(await pending(ledger), 0)
        assert.equal(await ledger.countQuarantined(aren), 1)
        await stage(ledger, [row('bad', { price: 2 }), row('good', { price: 2 })])
        assert.deepEqual(keysOf(await claim(ledger, await newWriter(ledger))), ['good'])
        assert.equal(await ledger.countQuarantined(aren), 1)

        await stage(ledger, [row('bad', { name: 'better' }), row('good', { price: 2 })])
        assert.equal(await ledger.countQuarantined(aren), 0)
        await importAll(ledger)

        assert.equal(await pending(ledger), 0)
        assert.equal((await ledger.imported(aren, { size: 10, after: null })).length, 2)
      }),
    )

    it(
      'is tried again when the quarantine is lifted, by the same job too, and alone',
      withLedger(async ({ ledger }) => {
        await stage(ledger, [...rows('bad'), ...rows('good')])
        const job = await quarantine(ledger, 'bad')
        await stage(ledger, [row('bad'), row('good', { price: 2 }), row('other')])

        assert.equal(await ledger.liftQuarantine(aren), 1)
        assert.equal(await ledger.liftQuarantine(aren), 0)

        assert.equal(await pending(ledger), 3)
        const claims = [await claim(ledger, job), await claim(ledger, job)]
        assert.ok(claims.some((batch) => keysOf(batch).join() === 'bad'))
        assert.deepEqual(claims.flatMap(keysOf).sort(), ['bad', 'good', 'other'])
      }),
    )

    it(
      'is an ordinary product again once it was imported',
      withLedger(async ({ ledger }) => {
        await stage(ledger, rows('bad', 'good'))
        await quarantine(ledger, 'bad')
        await ledger.liftQuarantine(aren)
        await importAll(ledger)
        await stage(ledger, [row('bad', { price: 2 }), row('good', { price: 2 })])

        assert.deepEqual(keysOf(await claim(ledger, await newWriter(ledger))), ['bad', 'good'])
      }),
    )

    it(
      'is forgotten when it leaves the feed',
      withLedger(async ({ ledger }) => {
        await stage(ledger, rows('bad', 'good'))
        await quarantine(ledger, 'bad')
        await stage(ledger, rows('good'))
        assert.equal(await ledger.countQuarantined(aren), 0)

        await stage(ledger, rows('bad', 'good'))

        assert.equal(await pending(ledger), 1)
      }),
    )
  })
}
