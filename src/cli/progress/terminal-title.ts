/** Sequence that sets the title of a terminal's window or tab (xterm's OSC 0); '' gives it back to the shell. */
export function titleOf(text: string): string {
  return `\x1b]0;${text}\x07`
}
