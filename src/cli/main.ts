/** Runs one command line with oclif, and is the last to see an error. Never calls `process.exit` while work is left. */
import { run as runOclif, settings } from '@oclif/core'
import { asShortage, type WholesalerError } from '../core/errors.js'
import { isExit } from './base-command.js'
import { outliveReaders } from './print.js'

/** A finished command whose leftovers (sockets, timers) keep the process alive is ended after this time. */
const lingerMsMax = 2000

/**
 * `packageUrl` is the URL of a file inside the package; oclif finds `package.json` from there. Sets
 * `process.exitCode`; never rejects.
 */
export async function main(argv: readonly string[], packageUrl: string): Promise<void> {
  outliveReaders()
  process.title = 'wholesaler'
  settings.enableAutoTranspile = false
  try {
    await runOclif([...argv], packageUrl)
  } catch (error: unknown) {
    if (isExit(error)) process.exitCode = error.oclif.exit ?? 0
    else process.exitCode = await report(error, argv)
  }
  await Promise.all([flushed(process.stdout), flushed(process.stderr)])
  setTimeout(() => process.exit(), lingerMsMax).unref()
}

/** Returns the exit code. */
async function report(error: unknown, argv: readonly string[]): Promise<number> {
  try {
    const { reportError, reportStyle } = await import('./report-error.js')
    return reportError(error, { ...reportStyle(argv, process.env), command: null, nowMs: Date.now() })
  } catch (failure: unknown) {
    // Even the report is in files: a process that may not open them (`ulimit -n`) says at least that.
    const shortage = asShortage(failure)
    if (shortage === null) throw failure
    return reportBarely(shortage, argv.includes('--json'))
  }
}

function reportBarely({ kind, message, hint }: WholesalerError, json: boolean): number {
  const error = { code: kind, message, hint }
  if (json) process.stdout.write(`${JSON.stringify({ success: false, schema_version: 1, error })}\n`)
  else process.stderr.write(`Error: ${message}\nNext:  ${hint}\n`)
  return 1
}

/** Resolves when everything written so far has left the process, or has no reader any more. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.writableLength === 0 || stream.destroyed) return Promise.resolve()
  return new Promise((resolve) => stream.write('', () => resolve()))
}
