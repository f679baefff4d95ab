/** The warnings of a run as lines for stderr. */
import { styleFor } from '../color.js'
import { countOf } from '../figures.js'
import { plain } from '../print.js'
import type { RunView, WarningView } from './run-view.js'

export function warningText({ warnings, warningCount }: RunView, stream: NodeJS.WriteStream): string {
  const more = warningCount - warnings.length
  const lines = warnings.map((warning) => warningLine(warning, stream))
  return [...lines, ...(more > 0 ? [`… and ${countOf(more, 'more warning')}\n`] : [])].join('')
}

export function warningLine({ message, hint }: WarningView, stream: { readonly isTTY?: boolean }): string {
  return `${styleFor(stream).yellow('Warning:')} ${plain(message)}${hint === null ? '' : ` ${plain(hint)}`}\n`
}
