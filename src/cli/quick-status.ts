/**
 * `status [JOB] --json` without oclif: the question that scripts ask all the time, in little more than the
 * time Node takes to start. Answers only what it understands completely and can answer well; everything
 * else, errors too, is left to the full command, which prints the same document.
 */
import { parseArgs } from 'node:util'
import { findStateDir } from '../core/config/find-state-dir.js'
import { statusDocument } from './documents/job-document.js'
import { exitDone } from './exit-code.js'
import { jsonText, toStdoutAtOnce } from './print.js'
import { parseJobId, readJobs, selectJob } from './state.js'

export interface QuickContext {
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  readonly nowMs: number
}

/** `args` are the words after `status`. True when the document was printed. */
export async function answerStatus(args: readonly string[], context: QuickContext): Promise<boolean> {
  const text = await quickStatusText(args, context)
  if (text !== null) toStdoutAtOnce(text)
  return text !== null
}

/** The document's text, or null when the full command has to answer. */
export async function quickStatusText(
  args: readonly string[],
  { cwd, env, nowMs }: QuickContext,
): Promise<string | null> {
  try {
    const question = parseQuestion(args, env)
    if (question === null) return null
    const { stateDir } = findStateDir({ ...question, cwd })
    const warnings: string[] = []
    const job = selectJob(await readJobs(stateDir, (message) => warnings.push(message)), question.jobId)
    if (warnings.length > 0) return null
    return jsonText(statusDocument({ job, nowMs, exitCode: exitDone }))
  } catch {
    // Unknown words, unreadable state, no such job: the full command says it properly.
    return null
  }
}

interface Question {
  readonly jobId: number | null
  readonly stateDir: string | undefined
  readonly config: string | undefined
}

function parseQuestion(args: readonly string[], env: NodeJS.ProcessEnv): Question | null {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'boolean' },
      'state-dir': { type: 'string', multiple: true },
      config: { type: 'string', multiple: true },
    },
    allowPositionals: true,
    strict: true,
  })
  const { json, config = [], 'state-dir': stateDir = [] } = values
  const isClear = positionals.length <= 1 && stateDir.length <= 1 && config.length <= 1 && !args.includes('--')
  if (json !== true || !isClear || hasOtherVariables(env)) return null
  const [job] = positionals
  return {
    jobId: job === undefined ? null : parseJobId(job),
    stateDir: stateDir[0] ?? env.WHOLESALER_STATE_DIR,
    config: config[0] ?? env.WHOLESALER_CONFIG,
  }
}

/** Variables of flags that would change the answer, and switches of the full command's own machinery. */
function hasOtherVariables(env: NodeJS.ProcessEnv): boolean {
  return ['WHOLESALER_WATCH', 'WHOLESALER_WAIT', 'WHOLESALER_CHECK', 'DEBUG'].some((name) => (env[name] ?? '') !== '')
}
