/** Requests to the server that sent this page. Its cookie goes along; nothing else is ever asked. */

/** An answer of the server that says no, in its words. */
export class ApiError extends Error {
  readonly status: number
  readonly hint: string | null

  constructor(status: number, message: string, hint: string | null) {
    super(message)
    this.status = status
    this.hint = hint
  }
}

/** Milliseconds until a request counts as lost. */
const timeoutMs = 30_000
/** For what looks at every picture of a shop. */
export const longTimeoutMs = 600_000

/** Throws `ApiError`. The shape is what the caller says: both ends are one program, and all of it is shown as text. */
export async function get<Answer>(path: string, waitMs = timeoutMs): Promise<Answer> {
  return await (await ask(path, {}, waitMs)).json()
}

export async function getText(path: string): Promise<string> {
  return await (await ask(path, {})).text()
}

export async function post<Answer>(path: string, body: object = {}): Promise<Answer> {
  const headers = { 'content-type': 'application/json' }
  return await (await ask(path, { method: 'POST', headers, body: JSON.stringify(body) })).json()
}

async function ask(path: string, init: RequestInit, waitMs = timeoutMs): Promise<Response> {
  let response: Response
  try {
    response = await fetch(path, { ...init, signal: AbortSignal.timeout(waitMs) })
  } catch {
    throw new ApiError(0, 'The server does not answer', 'Is "wholesaler serve" still running?')
  }
  if (!response.ok) throw await errorOf(response)
  return response
}

/** What the server says in its error document; a proxy in between may answer anything. */
async function errorOf(response: Response): Promise<ApiError> {
  const fallback = new ApiError(response.status, `The server answered ${response.status}`, hintOf(response.status))
  try {
    const { error } = (await response.json()) as { error?: { message?: string; hint?: string | null } }
    if (typeof error?.message !== 'string') return fallback
    return new ApiError(response.status, error.message, error.hint ?? hintOf(response.status))
  } catch {
    // Not JSON.
    return fallback
  }
}

function hintOf(status: number): string | null {
  return status === 401 ? signInHint : null
}

export const signInHint = 'Open the link that "wholesaler serve" printed when it started.'

/** One sentence for people, whatever was thrown. */
export function explain(error: unknown): string {
  if (error instanceof ApiError) return error.hint === null ? error.message : `${error.message}. ${error.hint}`
  return error instanceof Error ? error.message : String(error)
}
