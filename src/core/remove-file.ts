import { unlink } from 'node:fs/promises'
import { hasCode } from './errors.js'

/** Removes a file; fine when it is gone. One call of the system, where `rm` takes two or three: for files by the thousand. */
export async function removeFile(path: string): Promise<void> {
  try {
    await unlink(path)
  } catch (error: unknown) {
    if (!hasCode(error, 'ENOENT')) throw error
  }
}
