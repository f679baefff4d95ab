/** What a process does to the files of one folder, read from what strace wrote down: in order, with all bytes. */
import { dirname } from 'node:path'

export type DiskEvent =
  | {
      readonly kind: 'open'
      readonly fd: number
      readonly path: string
      readonly create: boolean
      readonly truncate: boolean
    }
  /** `offset` null: where the last write ended. */
  | { readonly kind: 'write'; readonly fd: number; readonly bytes: Buffer; readonly offset: number | null }
  | { readonly kind: 'truncate'; readonly fd: number; readonly length: number }
  | { readonly kind: 'sync'; readonly fd: number }
  | { readonly kind: 'rename' | 'link'; readonly from: string; readonly to: string }
  | { readonly kind: 'unlink'; readonly path: string }
  | { readonly kind: 'close'; readonly fd: number }
  /** The process said this line: what it acknowledges. */
  | { readonly kind: 'said'; readonly line: string }

/** As for `strace -e trace=`; those that the machine does not know are passed over. */
export const tracedCalls = [
  ...['open', 'openat', 'write', 'pwrite64', 'ftruncate', 'fsync', 'fdatasync', 'rename', 'renameat', 'renameat2'],
  ...['link', 'linkat', 'unlink', 'unlinkat', 'close'],
]

const stdout = 1

/** Only what succeeded, at the moment when it had. */
export function parseDiskEvents(log: string): readonly DiskEvent[] {
  const begun = new Map<string, string>()
  const events: DiskEvent[] = []
  for (const raw of log.split('\n')) {
    const [, thread = '', text = ''] = /^(\d+) +(.*)$/.exec(raw) ?? []
    if (text.endsWith('<unfinished ...>')) {
      begun.set(thread, text.slice(0, -'<unfinished ...>'.length))
      continue
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(text)?.[1]
    const event = parseCall(resumed === undefined ? text : `${begun.get(thread) ?? ''}${resumed}`)
    if (event !== null) events.push(event)
  }
  return events
}

function parseCall(text: string): DiskEvent | null {
  const [, name = '', words = '', result = ''] = /^(\w+)\((.*)\) += (-?\d+)/.exec(text) ?? []
  if (name === '' || Number(result) < 0) return null
  const strings = [...words.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map(([, hex = '']) => bytesOf(hex))
  const [first = Buffer.alloc(0), second = Buffer.alloc(0)] = strings
  const fd = Number.parseInt(words, 10)
  const lastNumber = Number(/(-?\d+)$/.exec(words)?.[1])
  switch (name) {
    case 'open':
    case 'openat':
      return {
        kind: 'open',
        fd: Number(result),
        path: first.toString(),
        create: words.includes('O_CREAT'),
        truncate: words.includes('O_TRUNC'),
      }
    case 'write':
      if (fd === stdout) return { kind: 'said', line: first.toString().trim() }
      return { kind: 'write', fd, bytes: first.subarray(0, Number(result)), offset: null }
    case 'pwrite64':
      return { kind: 'write', fd, bytes: first.subarray(0, Number(result)), offset: lastNumber }
    case 'ftruncate':
      return { kind: 'truncate', fd, length: lastNumber }
    case 'fsync':
    case 'fdatasync':
      return { kind: 'sync', fd }
    case 'rename':
    case 'renameat':
    case 'renameat2':
      return { kind: 'rename', from: first.toString(), to: second.toString() }
    case 'link':
    case 'linkat':
      return { kind: 'link', from: first.toString(), to: second.toString() }
    case 'unlink':
    case 'unlinkat':
      return { kind: 'unlink', path: first.toString() }
    case 'close':
      return { kind: 'close', fd }
    default:
      return null
  }
}

function bytesOf(hex: string): Buffer {
  return Buffer.from(hex.replaceAll('\\x', ''), 'hex')
}

/** True for a path right inside the folder. */
export function isIn(dir: string, path: string): boolean {
  return dirname(path) === dir
}
