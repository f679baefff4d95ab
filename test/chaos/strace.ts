/** strace as a means of causing faults: attached to one thread, it kills or fails a system call of choice. */
import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'

export interface Injection {
  /** Names; those that the machine does not know are passed over. */
  readonly calls: readonly string[]
  /** As in `strace -e inject`: `signal=KILL`, `error=EIO`. */
  readonly fault: string
  /** The first call that is hit, from 1; with `+` all after it as well. */
  readonly when: string
}

export interface Attached {
  /** Resolves when the thread is gone: how many of its calls were hit. Only faults that it survives are counted. */
  readonly hits: Promise<number>
}

/** Resolves when strace is attached to the thread. `log`: a file for its notes. */
export async function inject(threadId: number, { calls, fault, when }: Injection, log: string): Promise<Attached> {
  const names = namesOf(calls)
  const words = ['-p', `${threadId}`, '-e', `trace=${names}`, '-e', `inject=${names}:${fault}:when=${when}`]
  const { ended } = await attach(words, log)
  return { hits: ended.then(() => countHits(log)) }
}

/** Writes down all such calls of all threads of a process, with all bytes. Resolves when it does so. */
export async function record(
  processId: number,
  calls: readonly string[],
  log: string,
): Promise<{ readonly ended: Promise<void> }> {
  const everything = ['-xx', '-s', `${bytesMax}`]
  return await attach(['-f', '-p', `${processId}`, ...everything, '-e', `trace=${namesOf(calls)}`], log)
}

/** Of one call that are written down: far more than any write of ours. */
const bytesMax = 100_000_000

function namesOf(calls: readonly string[]): string {
  return calls.map((call) => `?${call}`).join(',')
}

function attach(words: readonly string[], log: string): Promise<{ readonly ended: Promise<void> }> {
  const strace = spawn('strace', [...words, '-o', log], { stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = new Promise<void>((resolve) => strace.once('close', () => resolve()))
  let said = ''
  return new Promise((resolve, reject) => {
    strace.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text
      if (said.includes('attached')) resolve({ ended })
    })
    strace.once('error', reject)
    void ended.then(() => reject(new Error(`strace did not attach: ${said}`)))
  })
}

async function countHits(log: string): Promise<number> {
  return (await readFile(log, 'utf8')).split('(INJECTED').length - 1
}

/** Node keeps to system calls that strace can hit, all file work in one thread whose calls can be counted. */
export const countableCalls = { UV_USE_IO_URING: '0', UV_THREADPOOL_SIZE: '1' }
