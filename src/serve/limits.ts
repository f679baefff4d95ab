/** What one server lets strangers and runaway scripts use, each with its reason. */

export interface ServeLimits {
  readonly bodyBytesMax: number
  readonly headerBytesMax: number
  readonly headersTimeoutMs: number
  readonly requestTimeoutMs: number
  readonly keepAliveMs: number
  readonly connectionsMax: number
  readonly connectionsPerAddressMax: number
  readonly watchersMax: number
  /** Requests of one address: a burst, then so many a second. */
  readonly requests: Rate
  /** Of these, the ones that change something. */
  readonly changes: Rate
  /** Wrong tokens of one address. */
  readonly wrongTokens: Rate
}

export interface Rate {
  readonly burst: number
  readonly perSecond: number
}

export const serveLimits: ServeLimits = {
  /** The largest body that means anything names every wholesaler of a config. */
  bodyBytesMax: 64 * 1024,
  headerBytesMax: 16 * 1024,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  keepAliveMs: 5_000,
  /** Each costs a file descriptor, and many systems allow 1024 of them. */
  connectionsMax: 768,
  /** One that takes all it gets leaves others a part; a proxy, which is one address for many, has enough. */
  connectionsPerAddressMax: 512,
  /** Two hundred people, and tabs that were forgotten. */
  watchersMax: 256,
  /** Monitoring of many jobs from one machine stays far below. */
  requests: { burst: 4_000, perSecond: 2_000 },
  /** Each may start a process. The guide's loop asks once in 30 seconds. */
  changes: { burst: 60, perSecond: 2 },
  /** A person mistypes; whoever guesses has 2^256 to go through. */
  wrongTokens: { burst: 20, perSecond: 0.2 },
}
