/**
 * SIGINT and SIGTERM for a command that works: the first one asks it to stop and save, the second ends the
 * process at once (the kernel frees its locks, the next run takes over what it left).
 */
import { WholesalerError } from '../core/errors.js'
import { exitCodeOfSignal } from './exit-code.js'

export interface Interruption {
  /** Aborted by the first signal, with a `WholesalerError` of kind `interrupted` whose cause is the signal's name. */
  readonly signal: AbortSignal
  /** Stops listening. */
  dispose(): void
}

const signals = ['SIGINT', 'SIGTERM'] as const

/** For work in the background: a terminal that closes is no reason to stop. */
export function ignoreHangup(): void {
  process.on('SIGHUP', () => {})
}

export function listenForInterruption(onFirst: (message: string) => void): Interruption {
  const controller = new AbortController()
  const onSignal = (name: NodeJS.Signals) => {
    const signal = name === 'SIGTERM' ? 'SIGTERM' : 'SIGINT'
    if (controller.signal.aborted) process.exit(exitCodeOfSignal(signal))
    onFirst('Stopping: what is under way is finished and saved. Once more to stop at once.')
    controller.abort(
      new WholesalerError({
        kind: 'interrupted',
        message: `interrupted by ${signal}; finished batches are kept`,
        hint: 'Run the same command again to go on.',
        cause: signal,
      }),
    )
  }
  for (const name of signals) process.on(name, onSignal)
  return {
    signal: controller.signal,
    dispose() {
      for (const name of signals) process.off(name, onSignal)
    },
  }
}
