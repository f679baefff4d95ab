/**
 * Tools of the machine that cause faults. Where one is missing, a test skips aloud and a goal says that it
 * was not tested; `REQUIRE_FAULT_TOOLS=1` turns such a skip into a failure.
 */
import { spawnSync } from 'node:child_process'

const probes = {
  strace: ['strace', '-f', '-e', 'trace=none', 'true'],
  faketime: ['faketime', '-f', '+1d', 'true'],
  /** A file system of one's own, in a namespace of one's own. */
  mount: ['unshare', '-Urm', 'sh', '-c', 'mount -t tmpfs none /mnt'],
  /** Processes that see other pids. */
  pidNamespace: ['unshare', '-Urpf', '--mount-proc', 'true'],
  prlimit: ['prlimit', '--nofile=64', 'true'],
} as const

export type FaultTool = keyof typeof probes | 'proper-lockfile' | 'openssl'

export class MissingTool extends Error {
  readonly tool: FaultTool

  constructor(tool: FaultTool) {
    super(`${tool} cannot be used here`)
    this.name = 'MissingTool'
    this.tool = tool
  }
}

const known = new Map<keyof typeof probes, boolean>()

export function hasTool(tool: keyof typeof probes): boolean {
  let works = known.get(tool)
  if (works === undefined) {
    const [command, ...args] = probes[tool]
    works = spawnSync(command, args, { stdio: 'ignore' }).status === 0
    known.set(tool, works)
  }
  return works
}

/** For a goal. Throws `MissingTool`. */
export function needTool(tool: keyof typeof probes): void {
  if (!hasTool(tool)) throw new MissingTool(tool)
}

/** For a test: skips it aloud when a tool is missing, or fails it under `REQUIRE_FAULT_TOOLS=1`. */
export function requireTools(test: Mocha.Context, ...tools: readonly (keyof typeof probes)[]): void {
  const missing = tools.find((tool) => !hasTool(tool))
  if (missing !== undefined) skipAloud(test, missing)
}

export function skipAloud(test: Mocha.Context, tool: FaultTool): never {
  if (process.env.REQUIRE_FAULT_TOOLS === '1') throw new Error(`REQUIRE_FAULT_TOOLS=1, but ${tool} cannot be used here`)
  console.error(`      skipped: ${tool} cannot be used here`)
  return test.skip()
}
