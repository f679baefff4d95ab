/** Colours for people only: none in a pipe, none with `NO_COLOR`. */
import { Chalk, type ChalkInstance } from 'chalk'

/** 16 colours: every terminal has them, and they follow the user's own theme. */
const basicColors = 1

export function styleFor(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv = process.env): ChalkInstance {
  return new Chalk({ level: wantsColor(stream, env) ? basicColors : 0 })
}

/** https://no-color.org: any value that is not empty turns colours off. */
export function wantsColor(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): boolean {
  return stream.isTTY === true && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb'
}
