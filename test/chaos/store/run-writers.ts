/** Lets many processes write to one store while others read it, kills some of them, and counts what became of it. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readHolder } from '../../../src/core/jobs/lock.js'
import { jobLockName } from '../../../src/core/jobs/lowdb-job-store.js'
import { inTempDir } from '../../support/temp-dir.js'
import type { Random } from '../random.js'
import { type ScriptProcess, startScript } from '../script-process.js'
import type { WriterFigures } from './store-writer.js'
import { type Counted, openSubject, prepare, type SubjectName } from './subject.js'

const script = fileURLToPath(new URL('store-writer.ts', import.meta.url))

export interface WritersOptions {
  readonly subject: SubjectName
  readonly procs: number
  readonly updates: number
  readonly readers: number
  readonly jobs: number
  /** Milliseconds from one update of a process to its next; 0 = without a pause. */
  readonly everyMs: number
  readonly kills: number
  readonly random: Random
}

export interface WritersResult {
  readonly acked: number
  /** Null when the file cannot be read any more. */
  readonly stored: Counted | null
  readonly writerErrors: readonly string[]
  readonly readerErrors: readonly string[]
  readonly reads: number
  readonly heldMs: readonly number[]
  readonly tookMs: readonly number[]
  /** For each kill, how long it took until some other process had written. */
  readonly freeAfterMs: readonly number[]
}

/** Throws `MissingTool` when the subject cannot be had here. */
export async function runWriters(options: WritersOptions): Promise<WritersResult> {
  const { subject: name, procs, readers, jobs } = options
  return await inTempDir(async (dir) => {
    await prepare(dir, { writers: procs, jobs })
    // Before any process is started: a subject that is missing is missing for all.
    await (await openSubject(name, dir)).close()
    const crew = new Crew(dir, options)
    const reading = Array.from({ length: readers }, () => startScript(script, [name, dir, 'read']))
    await crew.begin()
    await Promise.all(reading.map((reader) => reader.line('ready')))
    for (const reader of reading) reader.tell('go')
    crew.go()
    if (options.kills > 0) await crew.killSome()
    await crew.ended()
    for (const reader of reading) reader.tell('stop')
    const seen = (await Promise.all(reading.map((reader) => reader.ended))).flatMap(({ lines }) => lines)
    return {
      ...crew.result(),
      stored: await readStored(name, dir),
      readerErrors: seen.filter((line) => line.startsWith('!')),
      reads: seen.filter((line) => line === '=').length,
    }
  })
}

/** The writers. One that is killed is followed by another that does the rest of its updates. */
class Crew {
  readonly #dir: string
  readonly #options: WritersOptions
  readonly #writers = new Map<number, ScriptProcess>()
  readonly #errors: string[] = []
  readonly #heldMs: number[] = []
  readonly #tookMs: number[] = []
  readonly #freeAfterMs: number[] = []
  readonly #acks = new Map<number, number>()
  readonly #runs: Promise<unknown>[] = []
  #onChange: (acked: number | null) => void = () => {}

  constructor(dir: string, options: WritersOptions) {
    this.#dir = dir
    this.#options = options
  }

  async begin(): Promise<void> {
    for (let writer = 1; writer <= this.#options.procs; writer += 1) this.#start(writer)
    await Promise.all([...this.#writers.values()].map((process) => process.line('ready')))
  }

  go(): void {
    for (const process of this.#writers.values()) process.tell('go')
  }

  /** Kills holders of the lock, as their note names them, one after the other. */
  async killSome(): Promise<void> {
    const { kills, random } = this.#options
    const lock = join(this.#dir, jobLockName)
    for (let kill = 0; kill < kills; kill += 1) {
      for (let acks = random.integer(3, 12); acks > 0; acks -= 1) await this.#nextAck()
      const pid = readHolder(lock)?.owner.pid
      const alive = [...this.#writers]
      // Nobody would be left to show that the lock is free.
      if (alive.length < 2) return
      const [writer, process] = alive.find(([, { pid: own }]) => own === pid) ?? random.pick(alive)
      const killedAt = performance.now()
      process.kill('SIGKILL')
      if (await this.#nextAck(writer)) this.#freeAfterMs.push(performance.now() - killedAt)
      await process.ended
      this.#start(writer)
      this.#writers.get(writer)?.tell('go')
    }
  }

  async ended(): Promise<void> {
    // A writer that replaces a killed one is added meanwhile.
    for (let index = 0; index < this.#runs.length; index += 1) await this.#runs[index]
  }

  result() {
    const acked = [...this.#acks.values()].reduce((sum, acks) => sum + acks, 0)
    return {
      acked,
      writerErrors: this.#errors,
      heldMs: this.#heldMs,
      tookMs: this.#tookMs,
      freeAfterMs: this.#freeAfterMs,
    }
  }

  #start(writer: number): void {
    const { subject, updates, everyMs } = this.#options
    const left = updates - (this.#acks.get(writer) ?? 0)
    const onLine = (line: string) => this.#heard(writer, line)
    const process = startScript(script, [subject, this.#dir, 'write', writer, left, everyMs], { onLine })
    this.#writers.set(writer, process)
    const run = process.ended.then(({ code, signal, stderr }) => {
      this.#writers.delete(writer)
      this.#onChange(null)
      if (code !== 0 && signal !== 'SIGKILL') this.#errors.push(`writer ended with ${code ?? signal}: ${stderr}`)
    })
    this.#runs.push(run)
  }

  #heard(writer: number, line: string): void {
    if (line === '+') {
      this.#acks.set(writer, (this.#acks.get(writer) ?? 0) + 1)
      this.#onChange(writer)
    } else if (line.startsWith('!')) this.#errors.push(line)
    else if (line.startsWith('figures ')) {
      const { heldMs, tookMs }: WriterFigures = JSON.parse(line.slice('figures '.length))
      this.#heldMs.push(...heldMs)
      this.#tookMs.push(...tookMs)
    }
  }

  /** True at the next update that anybody but `other` has acknowledged, false when nobody else is left. */
  #nextAck(other?: number): Promise<boolean> {
    return new Promise((resolve) => {
      this.#onChange = (acked) => {
        if (acked !== null && acked !== other) resolve(true)
        else if ([...this.#writers.keys()].every((writer) => writer === other)) resolve(false)
      }
      this.#onChange(null)
    })
  }
}

async function readStored(name: SubjectName, dir: string): Promise<Counted | null> {
  // Locks that the dead left behind are not what is asked here.
  await rm(join(dir, 'jobs.json.lock'), { recursive: true, force: true })
  const subject = await openSubject(name, dir)
  try {
    return await subject.read()
  } catch {
    return null
  } finally {
    await subject.close()
  }
}
