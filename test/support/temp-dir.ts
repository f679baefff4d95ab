import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * Runs `body` in a fresh folder and removes it afterwards, also when the body fails. Tries again where a process that is
 * about to end still writes.
 */
export async function inTempDir<T>(body: (dir: string) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'wholesaler-test-'))
  try {
    return await body(dir)
  } finally {
    await rm(dir, { recursive: true, force: true, maxRetries: 10 })
  }
}
