/** One decoder process: takes pictures one after the other, and says of which one it died. */
import { type ChildProcess, fork } from 'node:child_process'
import { programPath } from '../package-files.js'
import {
  type DecoderAnswer,
  type DecoderLimits,
  type DecoderMessage,
  type DecoderRequest,
  type DecoderSettings,
  memorySignal,
  timeSignal,
} from './decoder-protocol.js'
import { type ImageProblem, imageProblem } from './image.js'

/**
 * Time by the clock for one picture, as a multiple of its processor time: for a process that does not get on and
 * therefore cannot end itself, on a machine that has other things to do.
 */
const wallRatio = 4
/** Time to start, ms: half a second on a slow machine. */
const startMsMax = 30_000

/** Its JavaScript holds one picture's bytes at most; pixels are not on this heap. */
const heapFlags = ['--max-old-space-size=64', '--max-semi-space-size=2', '--disable-warning=ExperimentalWarning']

/** Of the environment only what finds and loads libraries: keys of shops and feeds are nothing for a decoder. */
const passedOn = /^(?:PATH|HOME|TMPDIR|NODE_OPTIONS|NODE_PATH|LD_LIBRARY_PATH|DYLD_\w+|VIPS_\w+|LANG|TZ)$/

export interface DecoderTask {
  readonly request: DecoderRequest
  readonly resolve: (answer: DecoderAnswer) => void
  readonly reject: (error: unknown) => void
  /** Decoders that ended with this task before them, and had not begun it. */
  deaths: number
}

export interface ChildEvents {
  /** Room for another task, or for none any more. */
  readonly onRoom: () => void
  /** It has ended. `left` are tasks that it had not begun, `reason` says why it never was of use. */
  readonly onEnd: (left: readonly DecoderTask[], reason: string | null) => void
}

/** So often a decoder may end just before it begins a task: chance, once or twice. */
const deathsMax = 3

/** Tasks of one process: one under way, and one waiting in its pipe, so that it never waits for us. */
export const tasksMax = 2

export class DecoderChild {
  readonly #process: ChildProcess
  readonly #events: ChildEvents
  readonly #limits: DecoderLimits
  readonly #tasks: DecoderTask[] = []
  #isReady = false
  /** The first of the tasks is under way. */
  #hasBegun = false
  #timer: NodeJS.Timeout
  #fault: string | null = null
  #isOverdue = false
  #hasEnded = false
  readonly ended: Promise<void>

  constructor(settings: DecoderSettings, events: ChildEvents) {
    this.#limits = settings.limits
    this.#events = events
    const program = programPath('core/images/decoder-process')
    this.#process = fork(program, [JSON.stringify(settings)], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      execArgv: [...(program.endsWith('.ts') ? compilerFlags() : []), ...heapFlags],
      env: {
        ...Object.fromEntries(Object.entries(process.env).filter(([name]) => passedOn.test(name))),
        // Fewer pools of memory that glibc keeps for threads that have ended.
        MALLOC_ARENA_MAX: '2',
        // Memory of a picture is kept for the next one, bytes: giving it back and asking anew took 5 % of the time.
        MALLOC_TRIM_THRESHOLD_: '67108864',
        MALLOC_MMAP_THRESHOLD_: '67108864',
      },
    })
    this.#timer = setTimeout(() => this.#killOverdue(), startMsMax)
    this.#process.on('message', (message: DecoderMessage) => this.#take(message))
    this.ended = new Promise((resolve) => {
      // Not `exit`, which may come before the last answers were read.
      this.#process.once('close', (_code, signal) => {
        this.#end(signal)
        resolve()
      })
      this.#process.once('error', (error) => {
        this.#fault ??= error.message
        if (this.#process.pid !== undefined) return
        this.#end(null)
        resolve()
      })
    })
  }

  get taskCount(): number {
    return this.#tasks.length
  }

  /** It has started, and decodes. */
  get isReady(): boolean {
    return this.#isReady
  }

  give(task: DecoderTask): void {
    this.#tasks.push(task)
    if (this.#isReady && this.#tasks.length === 1) this.#startTimer()
    // A pipe that broke is a process that has ended; its end tells all there is to tell.
    this.#process.send(task.request, () => {})
  }

  /** Ends it at once, and its tasks with this error. There is nothing in it that could be lost. */
  discard(error: unknown): void {
    for (const { reject } of this.#tasks.splice(0)) reject(error)
    this.#process.kill('SIGKILL')
  }

  #killOverdue(): void {
    this.#isOverdue = true
    this.#process.kill('SIGKILL')
  }

  #startTimer(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#killOverdue(), this.#limits.cpuSeconds * 1000 * wallRatio)
  }

  #take(message: DecoderMessage): void {
    switch (message.type) {
      case 'ready':
        this.#isReady = true
        break
      case 'unusable':
        this.#fault = message.reason
        this.#process.kill('SIGKILL')
        return
      case 'begun':
        this.#hasBegun = true
        return
      case 'answer':
        this.#hasBegun = false
        this.#tasks.shift()?.resolve(message.answer)
        break
    }
    clearTimeout(this.#timer)
    if (this.#tasks.length > 0) this.#startTimer()
    this.#events.onRoom()
  }

  #end(signal: NodeJS.Signals | null): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    clearTimeout(this.#timer)
    const left = this.#tasks.splice(0)
    if (!this.#isReady) {
      this.#events.onEnd(left, this.#fault ?? `it ended with ${signal ?? 'an error'} before it was ready`)
      return
    }
    const [first] = left
    if (first !== undefined && !this.#hasBegun) first.deaths += 1
    // A process that ended by itself, with nothing begun, says nothing of what it was about to be given.
    if (this.#hasBegun || this.#isOverdue || first?.deaths === deathsMax) left.shift()?.resolve(this.#problem(signal))
    this.#events.onEnd(left, null)
  }

  #problem(signal: NodeJS.Signals | null): ImageProblem {
    if (signal === timeSignal || this.#isOverdue) {
      return imageProblem('too_heavy', `decoding it takes more than ${this.#limits.cpuSeconds} s`)
    }
    if (signal === memorySignal) {
      return imageProblem(
        'too_heavy',
        `decoding it takes more than ${this.#limits.rssBytes / (1024 * 1024)} MB of memory`,
      )
    }
    return imageProblem('decoder_crash', `its decoder did not survive it (${signal ?? 'ended by itself'})`)
  }
}

/** What this process was told to compile TypeScript with. A compiled program does without, and starts sooner. */
function compilerFlags(): readonly string[] {
  return process.execArgv.filter((flag) => flag.startsWith('--import='))
}
