/** Flags as all commands build them: every one can be given as an environment variable too. */
import { Args, Flags, type Interfaces } from '@oclif/core'
import { WholesalerError } from '../core/errors.js'

/** `per-batch` -> `WHOLESALER_PER_BATCH`. */
export function environmentName(flag: string): string {
  return `WHOLESALER_${flag.replaceAll('-', '_').toUpperCase()}`
}

/**
 * Gives every flag its environment variable. A flag wins over its variable; an empty variable counts as
 * unset; a switch takes `1`, `true`, `yes`, `on` for on and everything else for off.
 */
export function withEnvironment<F extends Interfaces.FlagInput>(flags: F): F {
  const named = Object.entries(flags).map(([name, flag]) => [name, { ...off(flag), env: environmentName(name) }])
  return Object.fromEntries(named) as F
}

/** A switch that nobody sets is `false`; oclif's own types say so, its values are `undefined`. */
function off(flag: Interfaces.FlagInput[string]): Interfaces.FlagInput[string] {
  return flag.type === 'boolean' && flag.default === undefined ? { ...flag, default: false } : flag
}

const unitsMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/** Milliseconds of `90`, `90s`, `1h30m`, `2d`: a number without a unit is seconds. Throws `usage`. */
export function parseDuration(text: string): number {
  const wanted = text.trim().toLowerCase()
  if (/^\d+(\.\d+)?$/.test(wanted)) return Math.round(Number(wanted) * 1000)
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(wanted)) {
    throw new WholesalerError({
      kind: 'usage',
      message: `"${text}" is not a duration`,
      hint: 'Give a number and a unit: 90s, 5m, 1h30m, 2d.',
    })
  }
  let totalMs = 0
  for (const [, number, unit] of wanted.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) {
    totalMs += Number(number) * (unitsMs[unit ?? ''] ?? 0)
  }
  return Math.round(totalMs)
}

/** A flag whose value is a duration, in milliseconds: `--max-duration 1h30m`. */
export const durationFlag = Flags.custom<number>({
  helpValue: 'DURATION',
  parse: async (text) => parseDuration(text),
})

/** What an optional value is when the flag stands alone; no duration and no name can be equal to it. */
export const withoutValue = ''

/**
 * Lets `--wait` stand alone beside `--wait=5m`: oclif knows no optional values, so a flag that stands
 * alone is written as one with an empty value. Only `=` gives it a value, so `--wait feed.csv` is right.
 */
export function completeOptionalValues(argv: readonly string[], optional: readonly string[]): string[] {
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length
  return argv.map((word, index) =>
    index < end && optional.some((name) => word === `--${name}`) ? `${word}=${withoutValue}` : word,
  )
}

/** A flag whose duration may be left away; standing alone (or `true` in its variable) it is endless. */
export const optionalDurationFlag = Flags.custom<number>({
  helpValue: '[=DURATION]',
  parse: async (text) => (text === withoutValue || text === 'true' ? Number.POSITIVE_INFINITY : parseDuration(text)),
})

/**
 * A positional argument. Never taken from stdin: oclif would read it for any argument that is not given,
 * and eat the feed of `import -`.
 */
export const argument = Args.custom<string>({ ignoreStdin: true, parse: async (text) => text })

/** `--json`, `--config` and `--state-dir`: every command has them. */
export const sharedFlags = withEnvironment({
  json: Flags.boolean({
    summary: 'Print exactly one JSON document on stdout, on failure too.',
    helpGroup: 'GLOBAL',
  }),
  config: Flags.string({
    summary: 'Config file; default: wholesaler.config.{js,mjs,json,yaml} found upwards from here.',
    helpGroup: 'GLOBAL',
    helpValue: 'FILE',
  }),
  'state-dir': Flags.string({
    summary: 'Folder of all state; default: .wholesaler/ beside the config, else here.',
    helpGroup: 'GLOBAL',
    helpValue: 'DIR',
  }),
})
