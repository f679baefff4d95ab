/** Gets the bytes of a picture: from the web by the guarded HTTP client, or from a file beside the feed. */
import { withoutSecrets } from '../errors.js'
import type { HttpClient, HttpResponse } from '../http/http-client.js'
import { HttpError } from '../http/http-error.js'
import { type Fetched, type ImageProblem, imageProblem, tooLarge } from './image.js'
import type { Validators } from './library.js'
import type { ImageAddress } from './normalize-url.js'
import { readLocalFile } from './read-local-file.js'
import { spool } from './temp-file.js'

export type UsableAddress = Extract<ImageAddress, { readonly ok: true }>

/**
 * Fetches one picture; one that is `known` by what the server said of it only if it has changed since. Whatever the
 * server or the file system says about it is data; throws only what stops the run: the signal's reason, `disk_full`.
 * The caller disposes of what it got.
 */
export type Download = (address: UsableAddress, signal: AbortSignal, known?: Validators) => Promise<Fetched>

/** Most bytes of one picture: 20 MB, above what cameras write as JPEG. */
export const imageBytesMax = 20 * 1024 * 1024
/** Time for one try. 20 MB in two minutes is a slow line; a picture that takes longer holds up all others. */
const downloadDeadlineMs = 120_000
/** Tries in one run. The next run is another chance, so patience here only delays the rest. */
const triesMax = 2

export interface DownloadOptions {
  readonly http: Pick<HttpClient, 'download'>
  /** Folder for temporary files; must exist. */
  readonly tmpDir: string
  /** Absolute folders below which local files may be read; the first is the feed's own. */
  readonly folders: readonly string[]
  /** Hosts that may be on private addresses. */
  readonly allowPrivateHosts: readonly string[]
  /** Default: `imageBytesMax`. */
  readonly bytesMax?: number
  /** Time for one try. Default: two minutes. */
  readonly deadlineMs?: number
}

export function createDownload(options: DownloadOptions): Download {
  const { http, tmpDir, allowPrivateHosts, bytesMax = imageBytesMax, deadlineMs = downloadDeadlineMs } = options
  return async (address, signal, known) => {
    if (address.kind === 'file') return readLocalFile(address.key, { ...options, bytesMax })
    const request = { allowPrivateHosts, inTurn: true, maxBytes: bytesMax, deadlineMs, tries: triesMax, signal }
    const conditional = known === undefined || !canBeAskedAbout(known) ? {} : { conditional: known }
    try {
      return await http.download(address.href, { ...request, ...conditional }, (response) =>
        response.status === 304 && known !== undefined && canBeAskedAbout(known)
          ? stillAs(known, response)
          : take(response, tmpDir, bytesMax),
      )
    } catch (error: unknown) {
      signal.throwIfAborted()
      if (error instanceof HttpError) return fromHttpError(error)
      throw error
    }
  }
}

async function take(response: HttpResponse, tmpDir: string, bytesMax: number): Promise<Fetched> {
  if (response.status !== 200) return httpProblem(response.status)
  const spooled = await spool(response.body, tmpDir, bytesMax)
  return spooled === null ? tooLarge(bytesMax) : { ok: true, ...spooled, validators: validatorsOf(response) }
}

function canBeAskedAbout({ etag, lastModified }: Validators): boolean {
  return etag !== null || lastModified !== null
}

/** An answer without a body may leave out what it said before (RFC 9110, 15.4.5). */
async function stillAs(known: Validators, response: HttpResponse): Promise<Fetched> {
  const { etag, lastModified } = validatorsOf(response)
  return {
    ok: 'unchanged',
    validators: { etag: etag ?? known.etag, lastModified: lastModified ?? known.lastModified },
  }
}

function validatorsOf({ headers }: HttpResponse): Validators {
  return { etag: headers.etag ?? null, lastModified: headers['last-modified'] ?? null }
}

function fromHttpError(error: HttpError): ImageProblem {
  if (error.code === 'status' && error.status !== undefined) return httpProblem(error.status)
  // The reason stands beside the address wherever it is shown.
  const place = error.place.url === undefined ? '' : `${withoutSecrets(error.place.url)}: `
  const reason = error.message.startsWith(place) ? error.message.slice(place.length) : error.message
  return imageProblem(error.code === 'status' ? 'bad_answer' : error.code, reason)
}

function httpProblem(status: number): ImageProblem {
  return imageProblem(`http_${status}`, `the server answered with status ${status}`)
}
