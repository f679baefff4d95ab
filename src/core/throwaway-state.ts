/** A state folder that is gone afterwards: for looking at feeds without leaving a trace. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Runs `body` with an empty folder (mode 0700) and removes it, whatever happens. */
export async function withThrowawayState<T>(body: (stateDir: string) => Promise<T>): Promise<T> {
  const stateDir = await mkdtemp(join(tmpdir(), 'wholesaler-'))
  try {
    return await body(stateDir)
  } finally {
    await rm(stateDir, { recursive: true, force: true })
  }
}
