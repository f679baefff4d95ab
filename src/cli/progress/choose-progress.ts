/** Picks how a run is shown. listr2 is loaded only when it draws. */
import { type Clock, systemClock } from '../../core/clock.js'
import { steps } from '../../core/progress.js'
import { toStderr, toStdout } from '../print.js'
import { NdjsonProgress } from './ndjson-progress.js'
import { noDisplay, type ProgressDisplay } from './progress-display.js'

export interface ProgressWishes {
  /** stderr is a terminal. */
  readonly tty: boolean
  /** stdout carries one document; stderr shows progress all the same. */
  readonly json: boolean
  readonly ndjson: boolean
  readonly quiet: boolean
  /** Nothing is imported: no lines for that. */
  readonly dryRun?: boolean
}

export async function chooseProgress(
  wishes: ProgressWishes,
  clock: Clock = systemClock,
  env: NodeJS.ProcessEnv = process.env,
): Promise<ProgressDisplay> {
  if (wishes.ndjson) return new NdjsonProgress(toStdout, clock)
  if (wishes.quiet) return noDisplay
  if (wishes.tty && env.TERM !== 'dumb') {
    const { TerminalProgress } = await import('./terminal-progress.js')
    return new TerminalProgress(process.stderr, clock, wishes.dryRun ? ['fetch', 'stage'] : steps)
  }
  const { PlainProgress } = await import('./plain-progress.js')
  return new PlainProgress(toStderr, clock)
}
