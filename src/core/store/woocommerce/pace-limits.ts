/** Between which limits the pace is sought. */
export interface PaceLimits {
  /** Most products of a request; the shop refuses more than 100. */
  readonly sizeMax: number
  /** Most requests at once: a shop of two cores is slower with six than with four. */
  readonly inFlightMax: number
}

export const paceLimits: PaceLimits = { sizeMax: 100, inFlightMax: 6 }

/** Longest request that is aimed at. Tenfold, it stays below the 30 s after which hosting begins to kill requests. */
export const latencyMaxMs = 2_950
