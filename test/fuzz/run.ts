/**
 * `npm run fuzz -- PARSER [--minutes M] [--seed S] [--first N] [--rounds N]`: reads damaged feeds for so long.
 * Ends with 0 when none of them crashed a parser, hung it for 5 seconds or took more memory than allowed. A breach is
 * printed with the command that repeats it.
 */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type FuzzedParser, parsers } from './feed-fuzz.js'
import type { FuzzMessage } from './fuzz-process.js'

/** The process itself judges rounds that end; this long without a word from it, one does not end. */
const silenceMs = 20_000
const rssMbMax = 256

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string' },
    first: { type: 'string', default: '0' },
    rounds: { type: 'string' },
  },
})
const [parser] = positionals
if (!parsers.includes(parser as FuzzedParser)) {
  console.error(`npm run fuzz -- ${parsers.join('|')} [--minutes 10] [--seed S] [--first N] [--rounds N]`)
  process.exit(2)
}
const seed = values.seed ?? String(Date.now() % 2 ** 31)
const until = values.rounds === undefined ? '' : String(Number(values.first) + Number(values.rounds))
console.log(`fuzz ${parser}: seed ${seed}, ${values.minutes} minutes`)

const started = performance.now()
const child = fork(
  fileURLToPath(new URL('fuzz-process.ts', import.meta.url)),
  [parser ?? '', seed, values.first, until],
  {
    execArgv: ['--import=tsx', '--max-old-space-size=160'],
  },
)
let last: FuzzMessage = { next: Number(values.first), read: 0, refused: 0, rssMb: 0, slowestMs: 0 }
let rssMb = 0
let breach: string | null = null

const stop = (why: string | null): void => {
  breach ??= why
  child.kill('SIGKILL')
}
let watchdog = setTimeout(() => {}, 0)
const watch = (): void => {
  clearTimeout(watchdog)
  watchdog = setTimeout(() => stop(`hung: nothing was heard for ${silenceMs / 1000} s`), silenceMs)
}
watch()
child.on('message', (message: FuzzMessage) => {
  watch()
  last = message
  rssMb = Math.max(rssMb, message.rssMb)
  if (message.failure !== undefined) breach ??= `crashed: ${message.failure}`
  if (rssMb > rssMbMax) stop(`took ${rssMb} MiB of memory, more than ${rssMbMax}`)
})
const timer = setTimeout(() => stop(null), Number(values.minutes) * 60_000)
const [code, signal] = await new Promise<readonly [number | null, string | null]>((resolve) =>
  child.on('exit', (...end) => resolve(end)),
)
clearTimeout(timer)
clearTimeout(watchdog)
if (breach === null && code !== 0 && signal !== 'SIGKILL') breach = `ended with ${code ?? signal}`

const seconds = Math.round((performance.now() - started) / 1000)
console.log(
  `${last.next - Number(values.first)} rounds in ${seconds} s: ${last.read} read, ${last.refused} refused, at most ${rssMb} MiB, the slowest ${last.slowestMs} ms`,
)
if (breach !== null) {
  console.log(`BROKEN near round ${last.next}: ${breach}`)
  console.log(`again: npm run fuzz -- ${parser} --seed ${seed} --first ${last.next} --rounds 20`)
}
process.exit(breach === null ? 0 : 1)
