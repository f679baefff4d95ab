/** A store for a job that may be taken away: whoever has lost it writes nothing. */
import type { Store } from './store.js'

const writes = [
  'adoptCurrency',
  'apply',
  'putImage',
  'setImages',
  'replaceImage',
  'removeImages',
  'retire',
] as const satisfies readonly (keyof Store)[]

/**
 * The same store, which makes sure before every write that the job is still ours: a process that was paused does
 * not know how long. Throws what `assertLease` throws, and the store is as it was.
 */
export function leasedStore(store: Store, assertLease: () => Promise<void>): Store {
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target)
      if (typeof member !== 'function') return member
      if (!(writes as readonly (string | symbol)[]).includes(name)) return member.bind(target)
      return async (...args: readonly unknown[]): Promise<unknown> => {
        await assertLease()
        return member.apply(target, args)
      }
    },
  })
}
