/** A script of the harness in a process of its own: it is told by lines on stdin and answers by lines on stdout. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

export interface ScriptProcess {
  readonly pid: number
  /** The first line that starts so, also one that was said already. Rejects when the process ends without it. */
  line(start: string): Promise<string>
  tell(line: string): void
  kill(signal: NodeJS.Signals): void
  readonly ended: Promise<EndedScript>
}

export interface EndedScript {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly lines: readonly string[]
  readonly stderr: string
}

export interface ScriptOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly onLine?: (line: string) => void
  /** Command before `node`, such as `faketime`. */
  readonly wrap?: readonly string[]
}

/** Starts a TypeScript file. */
export function startScript(
  script: string,
  args: readonly (string | number)[],
  { env = {}, onLine, wrap = [] }: ScriptOptions = {},
): ScriptProcess {
  const [command = '', ...rest] = [...wrap, process.execPath, '--import', 'tsx', script, ...args.map(String)]
  const child = spawn(command, rest, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env } })
  const lines: string[] = []
  const waiting = new Set<(line: string) => void>()
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  // Whoever is killed reads no more.
  child.stdin.on('error', () => {})
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line)
    onLine?.(line)
    for (const look of waiting) look(line)
  })
  const ended = new Promise<EndedScript>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal, lines, stderr }))
  })
  return {
    pid: child.pid ?? 0,
    line: (start) =>
      new Promise((resolve, reject) => {
        const look = (line: string) => {
          if (!line.startsWith(start)) return
          waiting.delete(look)
          resolve(line)
        }
        waiting.add(look)
        for (const line of lines) look(line)
        void ended.then((end) => reject(new Error(`ended (${end.code ?? end.signal}) without ${start}: ${end.stderr}`)))
      }),
    tell: (line) => void child.stdin.write(`${line}\n`),
    kill: (signal) => void child.kill(signal),
    ended,
  }
}

/** In the script: lines it is told, one after the other. */
export function toldLines(): AsyncIterableIterator<string> {
  return createInterface({ input: process.stdin })[Symbol.asyncIterator]()
}

export function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
