/**
 * What every command shares: the global flags, where its state is, how it answers and how it fails. A
 * command parses, calls the core once and prints once.
 */
import { Command, type Interfaces } from '@oclif/core'
import { type Clock, systemClock } from '../core/clock.js'
import { findStateDir, type StatePlace } from '../core/config/find-state-dir.js'
import type { DocumentHead } from './documents.js'
import { completeOptionalValues, sharedFlags } from './flags.js'
import { jsonText, outliveReaders, plain, toStderr, toStdout } from './print.js'
import type { JobDesk } from './wiring.js'

export type SharedFlags = Interfaces.InferredFlags<typeof sharedFlags>

export abstract class BaseCommand extends Command {
  static override readonly baseFlags = sharedFlags
  /** Names of flags whose value may be left away: `--wait` beside `--wait=5m`. */
  static readonly optionalValues: readonly string[] = []

  protected readonly clock: Clock = systemClock
  private failureDocument: DocumentHead | undefined

  override async init(): Promise<void> {
    outliveReaders()
    const { optionalValues } = this.constructor as typeof BaseCommand
    this.argv = completeOptionalValues(this.argv, optionalValues)
    await super.init()
  }

  /** State folder and config file, by flag, variable or search. Throws `config` for a config file that is not there. */
  protected place(flags: SharedFlags): StatePlace {
    return findStateDir({ stateDir: flags['state-dir'], config: flags.config, cwd: process.cwd() })
  }

  /** Prints the answer: the document with `--json`, else the text, which ends with a line end or is empty. */
  protected answer(flags: SharedFlags, document: object, text: () => string): void {
    toStdout(flags.json ? jsonText(document) : text())
  }

  /** Opens the jobs of the state folder for `body`, and closes them again. */
  protected async atDesk<T>(stateDir: string, body: (desk: JobDesk) => Promise<T>): Promise<T> {
    const { openJobDesk } = await import('./wiring.js')
    const desk = await openJobDesk(stateDir, this.onWarning)
    try {
      return await body(desk)
    } finally {
      await desk.close()
    }
  }

  /** For warnings of the core outside a run: one line each on stderr. */
  protected readonly onWarning = (message: string): void => {
    toStderr(`Warning: ${plain(message)}\n`)
  }

  /** The exit code the command ends with, unless it fails after this. */
  protected endWith(exitCode: number): void {
    process.exitCode = exitCode
  }

  /** Throws `error`; with `--json` or `--ndjson`, `document` is printed in place of the bare error document. */
  protected failWith(error: unknown, document: DocumentHead): never {
    this.failureDocument = document
    throw error
  }

  protected override async catch(error: unknown): Promise<void> {
    if (isExit(error)) throw error
    const { reportError, reportStyle } = await import('./report-error.js')
    process.exitCode = reportError(
      error,
      {
        ...reportStyle(this.argv, process.env),
        command: this.id?.replaceAll(':', ' ') ?? null,
        nowMs: this.clock.now(),
      },
      this.failureDocument,
    )
  }
}

/** oclif ends `--help` and the like by throwing. */
export function isExit(error: unknown): error is Error & { readonly oclif: { readonly exit?: number } } {
  return error instanceof Error && 'code' in error && error.code === 'EEXIT'
}
