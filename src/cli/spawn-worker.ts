/** A worker as a process of its own: it survives the command that started it, and its terminal. */
import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { StartedWorker } from '../core/jobs/launch-worker.js'
import { environmentName } from './flags.js'

const program = fileURLToPath(new URL('../../bin/run.js', import.meta.url))

/** Flags of `worker` that a variable of this command's environment must not set for it. */
const ownFlags = ['json', 'ndjson', 'once', 'concurrency', 'job', 'config', 'state-dir']

/** Where a background job says how it goes. */
export function logPath(stateDir: string, jobId: number): string {
  return join(stateDir, 'logs', `${jobId}.log`)
}

/**
 * Starts `worker --once` for a job in a session of its own, with its output in the job's log. Throws what the
 * log or the system refuses.
 */
export function spawnWorker(stateDir: string, jobId: number): StartedWorker {
  const log = openLog(logPath(stateDir, jobId), stateDir)
  try {
    const words = ['worker', '--once', '--job', String(jobId), '--state-dir', stateDir]
    const child = spawn(process.execPath, [program, ...words], {
      detached: true,
      stdio: ['ignore', log, log],
      env: environment(process.env),
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

function openLog(path: string, stateDir: string): number {
  mkdirSync(join(stateDir, 'logs'), { recursive: true, mode: 0o700 })
  return openSync(path, 'a', 0o600)
}

function environment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const own = new Set(ownFlags.map(environmentName))
  return Object.fromEntries(Object.entries(env).filter(([name]) => !own.has(name)))
}
