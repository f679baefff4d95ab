/**
 * A folder on a disk that may lose power: what is in memory, and what is certain to be on the disk. Bytes are
 * certain once their file was synced, names once their folder was; names that are not come to the disk in the
 * order of their changes, as file systems with a journal do it, or not at all.
 */
import { basename } from 'node:path'
import { type DiskEvent, isIn } from './disk-events.js'

interface File {
  bytes: Buffer
  synced: Buffer
}

/** Names and contents, as somebody would find them. */
export type FolderState = ReadonlyMap<string, Buffer>

/** Syncs that are taken for not done, to see that they are needed. */
export type Ignored = 'nothing' | 'file-sync' | 'folder-sync'

export class DiskModel {
  readonly #dir: string
  readonly #ignored: Ignored
  readonly #open = new Map<number, { readonly file: File | null; position: number }>()
  #names: Map<string, File>
  #certain: Map<string, File>
  /** Changes of names that are not certain yet, oldest first. */
  #pending: ((names: Map<string, File>) => void)[] = []

  /** `begin`: what is on the disk, for certain, at the start. */
  constructor(dir: string, begin: FolderState, ignored: Ignored) {
    this.#dir = dir
    this.#ignored = ignored
    this.#names = new Map([...begin].map(([name, bytes]) => [name, { bytes, synced: bytes }]))
    this.#certain = new Map(this.#names)
  }

  apply(event: DiskEvent): void {
    if (event.kind === 'open') this.#openFile(event)
    else if (event.kind === 'write') this.#write(event)
    else if (event.kind === 'truncate') this.#change(event.fd, (bytes) => resized(bytes, event.length))
    else if (event.kind === 'sync') this.#sync(event.fd)
    else if (event.kind === 'close') this.#open.delete(event.fd)
    else if (event.kind === 'rename' || event.kind === 'link') this.#giveName(event)
    else if (event.kind === 'unlink') this.#removeName(event.path)
  }

  /** Every state that may be found after a power loss now: with the first 0, 1, … of the uncertain names, and what is in memory. */
  statesAfterLoss(): readonly FolderState[] {
    const states: FolderState[] = []
    for (let kept = 0; kept <= this.#pending.length; kept += 1) {
      const names = new Map(this.#certain)
      for (const change of this.#pending.slice(0, kept)) change(names)
      states.push(new Map([...names].map(([name, file]) => [name, file.synced])))
    }
    states.push(new Map([...this.#names].map(([name, file]) => [name, file.bytes])))
    return states
  }

  #openFile({ fd, path, create, truncate }: DiskEvent & { readonly kind: 'open' }): void {
    if (path === this.#dir) this.#open.set(fd, { file: null, position: 0 })
    if (!isIn(this.#dir, path)) return
    const name = basename(path)
    let file = this.#names.get(name)
    if (file === undefined) {
      if (!create) return
      const made: File = { bytes: Buffer.alloc(0), synced: Buffer.alloc(0) }
      file = made
      this.#rename((names) => names.set(name, made))
    }
    if (truncate) file.bytes = Buffer.alloc(0)
    this.#open.set(fd, { file, position: 0 })
  }

  #write({ fd, bytes: written, offset }: DiskEvent & { readonly kind: 'write' }): void {
    const open = this.#open.get(fd)
    if (open === undefined) return
    const at = offset ?? open.position
    if (offset === null) open.position += written.length
    this.#change(fd, (bytes) => {
      const whole = resized(bytes, Math.max(bytes.length, at + written.length))
      written.copy(whole, at)
      return whole
    })
  }

  #change(fd: number, change: (bytes: Buffer) => Buffer): void {
    const file = this.#open.get(fd)?.file
    if (file !== undefined && file !== null) file.bytes = change(file.bytes)
  }

  #sync(fd: number): void {
    const open = this.#open.get(fd)
    if (open === undefined) return
    if (open.file !== null) {
      if (this.#ignored !== 'file-sync') open.file.synced = open.file.bytes
    } else if (this.#ignored !== 'folder-sync') {
      this.#certain = new Map(this.#names)
      this.#pending = []
    }
  }

  #giveName({ kind, from, to }: DiskEvent & { readonly kind: 'rename' | 'link' }): void {
    const file = isIn(this.#dir, from) ? this.#names.get(basename(from)) : undefined
    if (file === undefined || !isIn(this.#dir, to)) return
    this.#rename((names) => {
      names.set(basename(to), file)
      if (kind === 'rename' && from !== to) names.delete(basename(from))
    })
  }

  #removeName(path: string): void {
    if (isIn(this.#dir, path)) this.#rename((names) => names.delete(basename(path)))
  }

  #rename(change: (names: Map<string, File>) => void): void {
    change(this.#names)
    this.#pending.push(change)
  }
}

/** A copy: what was synced before keeps its bytes. */
function resized(bytes: Buffer, length: number): Buffer {
  const copy = Buffer.alloc(length)
  bytes.copy(copy)
  return copy
}
