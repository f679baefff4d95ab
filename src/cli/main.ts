/** Runs one command line with oclif, and is the last to see an error. Never calls `process.exit` while work is left. */
import { run as runOclif, settings } from '@oclif/core'
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
    else {
      const { reportError, reportStyle } = await import('./report-error.js')
      const style = reportStyle(argv, process.env)
      process.exitCode = reportError(error, { ...style, command: null, nowMs: Date.now() })
    }
  }
  await Promise.all([flushed(process.stdout), flushed(process.stderr)])
  setTimeout(() => process.exit(), lingerMsMax).unref()
}

/** Resolves when everything written so far has left the process, or has no reader any more. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.writableLength === 0 || stream.destroyed) return Promise.resolve()
  return new Promise((resolve) => stream.write('', () => resolve()))
}
