import type { JsonObject } from './shop-state.js'

/** What the shop refuses: an HTTP status with a code, as the whole answer or as one item of a batch. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly data: JsonObject = {},
  ) {
    super(message)
  }

  get json(): JsonObject {
    return { code: this.code, message: this.message, data: { status: this.status, ...this.data } }
  }
}

export function invalidParameter(name: string, code: string, message: string): Problem {
  return new Problem(400, 'rest_invalid_param', `Invalid parameter(s): ${name}`, {
    params: { [name]: message },
    details: { [name]: { code, message, data: null } },
  })
}
