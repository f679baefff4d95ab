/** Workers and recoveries as processes of their own: they survive the command that started them, and its terminal. */
import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { StartedWorker } from '../core/jobs/launch-worker.js'
import { packageRoot } from '../core/package-files.js'
import { environmentName } from './flags.js'

export const program = join(packageRoot, 'bin', 'run.js')

/** Flags of what is started that a variable of this command's environment must not set for it, and the server's token. */
const ownFlags = [
  ...['json', 'ndjson', 'once', 'concurrency', 'job', 'config', 'state-dir'],
  ...['detach', 'dry-run', 'older-than', 'wait', 'kill-holder', 'html', 'rebuild', 'token'],
]

/** Where a background job says how it goes. */
export function logPath(stateDir: string, jobId: number): string {
  return join(stateDir, 'logs', `${jobId}.log`)
}

/**
 * Starts `worker --once` for a job in a session of its own, with its output in the job's log. Throws what the
 * log or the system refuses.
 */
export function spawnWorker(stateDir: string, jobId: number): StartedWorker {
  const words = ['worker', '--once', '--job', String(jobId), '--state-dir', stateDir]
  return spawnApart(words, openLog(logPath(stateDir, jobId), stateDir))
}

/** A log that no job takes with it is begun anew beyond this. */
const recoveryLogBytesMax = 1024 * 1024

/** As `spawnWorker`: `recover --detach` for one job, or for all, with its output in `logs/recover.log`. */
export function spawnRecovery(stateDir: string, jobId: number | null): StartedWorker {
  const path = join(stateDir, 'logs', 'recover.log')
  const bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  const words = ['recover', ...(jobId === null ? [] : [String(jobId)]), '--detach', '--state-dir', stateDir]
  return spawnApart(words, openLog(path, stateDir, bytes > recoveryLogBytesMax ? 'w' : 'a'))
}

/** `log` is closed here. */
function spawnApart(words: readonly string[], log: number): StartedWorker {
  try {
    const child = spawn(process.execPath, [program, ...words], {
      detached: true,
      stdio: ['ignore', log, log],
      env: environmentOfOthers(process.env),
    })
    child.unref()
    const ended = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(error.message))
      child.once('exit', (code, signal) => resolve(`it ended with ${signal ?? code}`))
    })
    return { pid: child.pid ?? 0, ended }
  } finally {
    closeSync(log)
  }
}

function openLog(path: string, stateDir: string, flags: 'a' | 'w' = 'a'): number {
  mkdirSync(join(stateDir, 'logs'), { recursive: true, mode: 0o700 })
  return openSync(path, flags, 0o600)
}

/** The environment of this process, without what is said to this process alone. */
export function environmentOfOthers(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const own = new Set(ownFlags.map(environmentName))
  return Object.fromEntries(Object.entries(env).filter(([name]) => !own.has(name)))
}
