/** How an error reaches people and programs: text on stderr, or the error document on stdout. */
import { stripVTControlCharacters } from 'node:util'
import { asShortage, hasCode, messageOf, WholesalerError } from '../core/errors.js'
import { styleFor } from './color.js'
import { type DocumentHead, errorDocument } from './documents/document.js'
import { summaryEvent } from './documents/event-document.js'
import { exitCodeOfError } from './exit-code.js'
import { jsonLine, jsonText, plain, toStderr, toStdout } from './print.js'

/** How the command line asked to be answered; read from the words themselves, so that it works for bad ones. */
export interface ReportStyle {
  readonly json: boolean
  readonly ndjson: boolean
}

export function reportStyle(argv: readonly string[], env: NodeJS.ProcessEnv): ReportStyle {
  const words = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv
  const isOn = (flag: string, variable: string) =>
    words.includes(flag) || ['1', 'true', 'yes', 'y', 'on'].includes((env[variable] ?? '').toLowerCase())
  return { json: isOn('--json', 'WHOLESALER_JSON'), ndjson: isOn('--ndjson', 'WHOLESALER_NDJSON') }
}

export interface ErrorReport extends ReportStyle {
  /** Words after `wholesaler`, for the hint of a usage error. */
  readonly command: string | null
  readonly nowMs: number
}

/**
 * Prints an error and returns the exit code. With `document` (what the command knows all the same, such as
 * the job that failed) that is printed instead of the bare error document.
 */
export function reportError(thrown: unknown, report: ErrorReport, document?: DocumentHead): number {
  const error = asWholesalerError(thrown, report.command)
  if (report.json) toStdout(jsonText(document ?? errorDocument(error)))
  else if (report.ndjson) {
    toStdout(jsonLine(summaryEvent(document ?? errorDocument(error), { atMs: report.nowMs, jobId: null })))
  }
  if (!report.json) toStderr(errorText(error, styleFor(process.stderr)))
  if (wantsStack(process.env)) toStderr(`${stackOf(thrown)}\n`)
  return exitCodeOfError(error)
}

/** Message and next step, for people. */
export function errorText(
  { message, hint }: Pick<WholesalerError, 'message' | 'hint'>,
  style: ReturnType<typeof styleFor>,
): string {
  const lines = [`${style.red.bold('Error:')} ${plain(message)}`]
  if (hint !== undefined) lines.push(`${style.dim('Next: ')} ${plain(hint)}`)
  return `${lines.join('\n')}\n`
}

/** Any error as one with a kind: oclif's own are usage errors, what the machine is short of is told apart, the rest is a defect. */
export function asWholesalerError(thrown: unknown, command: string | null): WholesalerError {
  if (thrown instanceof WholesalerError) return thrown
  if (isUsageError(thrown)) return usageError(thrown, command)
  return (
    asShortage(thrown) ??
    new WholesalerError({
      kind: 'unexpected',
      message: messageOf(thrown),
      hint: 'This should not happen. WHOLESALER_DEBUG=1 shows where it did; please report it.',
      cause: thrown,
    })
  )
}

/** Errors of oclif's parser and command look-up carry their exit code in `oclif`; failed loading of modules is ours. */
function isUsageError(thrown: unknown): thrown is Error {
  return thrown instanceof Error && 'oclif' in thrown && !hasCode(thrown, 'MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND')
}

function usageError(thrown: Error, command: string | null): WholesalerError {
  const unknown = /^command (\S+) not found$/.exec(thrown.message)?.[1]
  const help = `wholesaler ${command === null || unknown !== undefined ? '' : `${command} `}--help`
  return new WholesalerError({
    kind: 'usage',
    message:
      unknown === undefined ? usageMessage(thrown.message) : `there is no command "${unknown.replaceAll(':', ' ')}"`,
    hint: `${help} shows what there is.`,
    cause: thrown,
  })
}

/** oclif's messages on one line, in our words where they are awkward. */
function usageMessage(message: string): string {
  const lines = stripVTControlCharacters(message)
    .replace(/\n?See more help with --help$/, '')
    .replace(/^Parsing (--\S+)\s+/, '$1: ')
    .replace(/^Nonexistent flags?:/, 'unknown flag:')
    .replace(/^The following errors? occurred:\s+/, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  const [first = '', ...rest] = lines
  if (!/^Missing \d+ required args?:?$/.test(first)) return lines.join('; ')
  // Each line is a name, spaces and the argument's description.
  return `missing: ${rest.map((line) => line.replace(/^(\S+)\s+(.*)$/, (_, name: string, what: string) => `${name.toUpperCase()} (${what.replace(/\.$/, '')})`)).join(', ')}`
}

function wantsStack(env: NodeJS.ProcessEnv): boolean {
  return (env.WHOLESALER_DEBUG ?? '') !== '' || (env.DEBUG ?? '') !== ''
}

function stackOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  const cause = thrown.cause === undefined ? '' : `\nCaused by: ${stackOf(thrown.cause)}`
  return `${thrown.stack ?? thrown.message}${cause}`
}
