/** Where the progress of a run is shown. Draws to stderr; only the `--ndjson` stream goes to stdout. */
import type { Progress } from '../../core/progress.js'

export interface ProgressDisplay extends Progress {
  /** Ends the display: nothing is drawn afterwards, and the terminal is as it was. Safe to call twice. */
  close(): Promise<void>
}

export const noDisplay: ProgressDisplay = { emit: () => {}, close: async () => {} }
