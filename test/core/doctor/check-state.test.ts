import assert from 'node:assert/strict'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Check, Finding } from '../../../src/core/doctor/check.js'
import { runChecks } from '../../../src/core/doctor/check.js'
import {
  checkDatabase,
  checkDisk,
  checkFileSystem,
  checkJobs,
  checkModes,
  checkStateFolder,
} from '../../../src/core/doctor/check-state.js'
import { ledgerMigrations } from '../../../src/core/ledger/schema.js'
import { openDatabase } from '../../../src/core/sqlite.js'
import { completedJob, runningJob, stuckJob, writeJobs } from '../../cli/sample-jobs.js'
import { inTempDir } from '../../support/temp-dir.js'
import { machine } from './sick-machine.js'

/** Root may write anywhere: what others may not do cannot be tried as root. */
const isRoot = process.getuid?.() === 0

async function find(check: Check): Promise<readonly Finding[]> {
  const findings = await runChecks([check])
  for (const { status, hint } of findings) assert.equal(status === 'ok', hint === null)
  return findings
}

async function statusOf(check: Check): Promise<string> {
  return (await find(check)).map(({ status }) => status).join()
}

const inStateDir = (body: (stateDir: string) => Promise<void>) => () =>
  inTempDir(async (dir) => {
    const stateDir = join(dir, 'state')
    await mkdir(stateDir, { mode: 0o700 })
    await body(stateDir)
  })

describe('checkStateFolder', () => {
  const statusAt = (stateDir: string, ills: Parameters<typeof machine>[0] = {}) =>
    statusOf(checkStateFolder(machine(ills), stateDir))

  it(
    'is content with a folder of this user, and with none where one can be made',
    inStateDir(async (stateDir) => {
      assert.equal(await statusAt(stateDir), 'ok')
      assert.equal(await statusAt(join(stateDir, 'a/b')), 'ok')
    }),
  )

  it(
    'refuses a file in its place, and a folder that everybody may change (D11)',
    inStateDir(async (stateDir) => {
      await writeFile(join(stateDir, 'file'), '')
      assert.equal(await statusAt(join(stateDir, 'file')), 'fail')

      await chmod(stateDir, 0o777)
      assert.equal(await statusAt(stateDir), 'fail')
    }),
  )

  it(
    'says when it belongs to another user',
    inStateDir(async (stateDir) => {
      assert.equal(await statusAt(stateDir, { uid: 4711 }), 'warn')
    }),
  )

  it('says when it cannot be written, or not be made (D4)', function () {
    if (isRoot) this.skip()
    return inStateDir(async (stateDir) => {
      await chmod(stateDir, 0o500)
      assert.equal(await statusAt(stateDir), 'fail')
      assert.equal(await statusAt(join(stateDir, 'inner')), 'fail')
    })()
  })
})

describe('checkModes', () => {
  it(
    'warns when others may look into the folder or a file of it',
    inStateDir(async (stateDir) => {
      await writeFile(join(stateDir, 'jobs.json'), '{}', { mode: 0o600 })
      assert.equal(await statusOf(checkModes(stateDir)), 'ok')

      await chmod(join(stateDir, 'jobs.json'), 0o644)
      assert.equal(await statusOf(checkModes(stateDir)), 'warn')

      await chmod(join(stateDir, 'jobs.json'), 0o600)
      await chmod(stateDir, 0o750)
      assert.equal(await statusOf(checkModes(stateDir)), 'warn')
    }),
  )

  it('has nothing to say where there is no state', async () => {
    assert.equal(await statusOf(checkModes('/nowhere/at/all')), 'ok')
  })
})

describe('checkFileSystem', () => {
  const statusOn = (type: number, platform: NodeJS.Platform = 'linux') =>
    statusOf(checkFileSystem(machine({ platform, fileSystem: async () => ({ type, freeBytes: 1 }) }), '/'))

  it('refuses network file systems, also when the number comes back negative', async () => {
    for (const type of [0x6969, 0x517b, 0xff534d42, 0xff534d42 | 0, 0x01021997]) {
      assert.equal(await statusOn(type), 'fail', String(type))
    }
  })

  it('warns of FUSE, and takes local ones', async () => {
    assert.equal(await statusOn(0x65735546), 'warn')
    for (const type of [0xef53, 0x58465342, 0x01021994, 0x9123683e]) assert.equal(await statusOn(type), 'ok')
  })

  it('does not guess where the numbers mean something else', async () => {
    assert.equal(await statusOn(0x6969, 'darwin'), 'ok')
  })
})

describe('checkDisk', () => {
  const statusWith = (freeBytes: number) =>
    statusOf(checkDisk(machine({ fileSystem: async () => ({ type: 0, freeBytes }) }), '/'))

  it('warns below 1 GiB and fails below 64 MiB', async () => {
    assert.equal(await statusWith(1024 ** 3), 'ok')
    assert.equal(await statusWith(1024 ** 3 - 1), 'warn')
    assert.equal(await statusWith(64 * 1024 ** 2), 'warn')
    assert.equal(await statusWith(64 * 1024 ** 2 - 1), 'fail')
  })
})

describe('checkDatabase', () => {
  const check = (path: string, known = ledgerMigrations.length) => statusOf(checkDatabase('ledger', path, known))

  it(
    'takes one that is whole, in use, of an older version, or not made yet',
    inStateDir(async (stateDir) => {
      const path = join(stateDir, 'ledger.db')
      assert.equal(await check(path), 'ok')

      const database = await openDatabase(path, { migrations: ledgerMigrations.slice(0, 1) })
      assert.equal(await check(path), 'ok')
      database.close()
      assert.equal(await check(path), 'ok')
    }),
  )

  it(
    'fails for one that is damaged, foreign or newer (D13)',
    inStateDir(async (stateDir) => {
      const path = join(stateDir, 'ledger.db')
      const newer = await openDatabase(path, { migrations: ledgerMigrations })
      newer.close()
      assert.equal(await check(path, ledgerMigrations.length - 1), 'fail')

      await writeFile(path, Buffer.alloc(20_000, 'garbage'))
      assert.equal(await check(path), 'fail')
    }),
  )
})

describe('checkJobs', () => {
  const find2 = async (stateDir: string) =>
    (await find(checkJobs(stateDir, () => 'alive'))).map(({ id, status }) => `${id} ${status}`)

  it(
    'is content with a file that can be read, and with none',
    inStateDir(async (stateDir) => {
      assert.deepEqual(await find2(stateDir), ['jobs ok', 'stuck-jobs ok'])
      writeJobs(stateDir, [completedJob(1), runningJob(2)])
      assert.deepEqual(await find2(stateDir), ['jobs ok', 'stuck-jobs ok'])
    }),
  )

  it(
    'names stuck jobs, and those whose owner is dead',
    inStateDir(async (stateDir) => {
      writeJobs(stateDir, [stuckJob(1), runningJob(2)])

      const [, stuck] = await find(checkJobs(stateDir, () => 'dead'))

      assert.deepEqual([stuck?.status, stuck?.message], ['warn', 'jobs 1, 2 are stuck'])
    }),
  )

  it(
    'says when the backup must do, and fails when it cannot (D5, D7)',
    inStateDir(async (stateDir) => {
      writeJobs(stateDir, [completedJob(1)])
      await writeFile(join(stateDir, 'jobs.json.bak'), JSON.stringify({ schema_version: 1, rev: 1, jobs: {} }))
      await writeFile(join(stateDir, 'jobs.json'), '')
      assert.deepEqual(await find2(stateDir), ['jobs warn', 'stuck-jobs ok'])

      await writeFile(join(stateDir, 'jobs.json.bak'), '\0\0')
      assert.deepEqual(await find2(stateDir), ['jobs fail'])
    }),
  )
})
