import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findConfig, findStateDir } from '../../../src/core/config/find-state-dir.js'
import { WholesalerError } from '../../../src/core/errors.js'
import { inTempDir } from '../../support/temp-dir.js'

describe('findStateDir', () => {
  it('is .wholesaler in the working directory when there is no config', () =>
    inTempDir(async (cwd) => {
      assert.deepEqual(findStateDir({ cwd }), { stateDir: join(cwd, '.wholesaler'), configPath: null })
    }))

  it('is .wholesaler beside the nearest config above, which is not evaluated', () =>
    inTempDir(async (dir) => {
      const cwd = join(dir, 'a', 'b')
      mkdirSync(cwd, { recursive: true })
      writeFileSync(join(dir, 'wholesaler.config.json'), '')
      writeFileSync(join(dir, 'a', 'wholesaler.config.mjs'), 'throw new Error("evaluated")')

      assert.deepEqual(findStateDir({ cwd }), {
        stateDir: join(dir, 'a', '.wholesaler'),
        configPath: join(dir, 'a', 'wholesaler.config.mjs'),
      })
    }))

  it('follows a named folder and a named config, relative to the working directory', () =>
    inTempDir(async (cwd) => {
      writeFileSync(join(cwd, 'my.json'), '{}')

      assert.deepEqual(findStateDir({ cwd, stateDir: 'state', config: 'my.json' }), {
        stateDir: join(cwd, 'state'),
        configPath: join(cwd, 'my.json'),
      })
    }))

  it('takes empty values, as of empty variables, for none', () =>
    inTempDir(async (cwd) => {
      assert.equal(findStateDir({ cwd, stateDir: '', config: '' }).stateDir, join(cwd, '.wholesaler'))
    }))

  it('refuses a named config that is not a file', () =>
    inTempDir(async (cwd) => {
      for (const config of ['gone.json', '.']) {
        const isConfigError = (error: unknown) => error instanceof WholesalerError && error.kind === 'config'
        assert.throws(() => findStateDir({ cwd, config }), isConfigError)
      }
    }))
})

describe('findConfig', () => {
  it('passes by a folder that bears the name of a config', () =>
    inTempDir(async (dir) => {
      const cwd = join(dir, 'inner')
      mkdirSync(join(cwd, 'wholesaler.config.js'), { recursive: true })
      writeFileSync(join(dir, 'wholesaler.config.yaml'), '')

      assert.equal(findConfig(cwd), join(dir, 'wholesaler.config.yaml'))
    }))
})
