import assert from 'node:assert/strict'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { MarksFiles, StagingMarks } from '../../../src/core/ledger/marks-files.js'
import { inTempDir } from '../../support/temp-dir.js'

describe('marks of stagings', () => {
  it('are not found when the file is longer or shorter than it was', () =>
    inTempDir(async (dir) => {
      const files = new MarksFiles(join(dir, 'staged'))
      const marks = new StagingMarks(files, 7)
      marks.add(Buffer.from('one'))
      marks.add(Buffer.from('two'))

      assert.equal(await marks.finish(), 6)
      assert.equal(files.find(7, 6), join(dir, 'staged', '7.marks'))
      assert.equal(files.find(7, 5), null)
      assert.equal(files.find(8, 6), null)
    }))

  it('cost nobody more than themselves when the disk refuses them', () =>
    inTempDir(async (dir) => {
      writeFileSync(join(dir, 'staged'), 'in the way')
      const marks = new StagingMarks(new MarksFiles(join(dir, 'staged')), 7)

      marks.add(Buffer.from('one'))
      marks.add(Buffer.from('two'))

      assert.equal(await marks.finish(), null)
      await marks.close()
    }))

  it('leave no file when they are given up, and none of those that nobody knows', () =>
    inTempDir(async (dir) => {
      const files = new MarksFiles(dir)
      const [kept, dropped] = [new StagingMarks(files, 1), new StagingMarks(files, 2)]
      for (const marks of [kept, dropped]) marks.add(Buffer.from('some'))
      for (const name of ['3.marks', '3.ndjson', '03.marks']) writeFileSync(join(dir, name), '')

      dropped.drop()
      assert.equal(existsSync(join(dir, '2.marks')), false)
      assert.equal(await dropped.finish(), null)
      await kept.finish()
      files.removeUnknown((id) => id === 1)

      assert.deepEqual(readdirSync(dir).sort(), ['03.marks', '1.marks', '3.ndjson'])
    }))
})
