import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openRejectsFile } from '../../src/core/rejects-file.js'
import { inTempDir } from '../support/temp-dir.js'

const reject = (key: string) => ({ position: { record: 1, line: 2 }, code: 'name' as const, reason: 'none', key })

describe('openRejectsFile', () => {
  it('keeps what an earlier attempt at the job wrote, also when that gave its attempt back', () =>
    inTempDir(async (dir) => {
      const path = join(dir, 'rejects', '1.csv')
      for (const key of ['first', 'second']) {
        const rejects = openRejectsFile(path)
        rejects.add('acme', reject(key))
        rejects.close()
      }

      const later = openRejectsFile(path)

      assert.equal(later.path, path)
      const lines = readFileSync(path, 'utf8').trim().split(/\r?\n/)
      assert.deepEqual([lines.length, /first/.test(lines[1] ?? ''), /second/.test(lines[2] ?? '')], [3, true, true])
    }))
})
