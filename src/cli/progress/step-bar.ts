/** The bar of a step is cli-progress's, formatted as a string: someone else draws. */
import cliProgress from 'cli-progress'
import type { Bar } from './step-line.js'

/** With the longest figures, a line then fits into 80 columns. */
const barColumns = 18
const barOptions = {
  format: '{bar} {percentage} %  ',
  barsize: barColumns,
  barCompleteString: '━'.repeat(barColumns + 1),
  barIncompleteString: '╌'.repeat(barColumns + 1),
  barGlue: '',
  autopadding: true,
  autopaddingChar: '   ',
}

/** With cli-progress's own formatter, so that a bar here and a bar of `status --watch` look alike. */
export const stepBar: Bar = ({ done, total }, figures) => {
  if (total === null || total === 0) return figures
  const params = {
    progress: Math.min(1, done / total),
    eta: 0,
    startTime: 0,
    stopTime: 0,
    total,
    value: done,
    maxWidth: 0,
  }
  // Added here and not as a placeholder: notes come from feeds, and may look like one themselves.
  return cliProgress.Format.Formatter(barOptions, params, {}) + figures
}
