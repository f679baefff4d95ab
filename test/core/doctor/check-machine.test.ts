import assert from 'node:assert/strict'
import { utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Check } from '../../../src/core/doctor/check.js'
import { runChecks } from '../../../src/core/doctor/check.js'
import { checkClock, checkCron, checkNode, nodeVersionMin } from '../../../src/core/doctor/check-machine.js'
import { thisMachine } from '../../../src/core/doctor/machine.js'
import { fixedClock } from '../../support/fixed-clock.js'
import { readPackageFile } from '../../support/project.js'
import { inTempDir } from '../../support/temp-dir.js'
import { machine } from './sick-machine.js'

async function statusOf(check: Check): Promise<string> {
  const findings = await runChecks([check])
  for (const { status, hint } of findings) assert.equal(status === 'ok', hint === null)
  return findings.map(({ status }) => status).join()
}

describe('checks', () => {
  it('go on when one of them throws, which is a finding itself', async () => {
    const broken: Check = {
      id: 'broken',
      run: async () => {
        throw new Error('out of order')
      },
    }

    const findings = await runChecks([broken, checkNode(machine())])

    assert.deepEqual(
      findings.map(({ id, status }) => [id, status]),
      [
        ['broken', 'fail'],
        ['node', 'ok'],
      ],
    )
  })
})

describe('checkNode', () => {
  it('takes the oldest Node that is promised and no older one', async () => {
    const { engines } = readPackageFile()
    assert.equal(engines.node, `>=${nodeVersionMin}`)

    for (const [nodeVersion, expected] of [
      ['20.19.0', 'ok'],
      ['24.0.1', 'ok'],
      ['20.18.3', 'fail'],
      ['18.20.0', 'fail'],
    ] as const)
      assert.equal(await statusOf(checkNode(machine({ nodeVersion }))), expected, nodeVersion)
  })
})

describe('checkClock', () => {
  const statusAt = (clock = fixedClock(), stateDir = '/nowhere') => statusOf(checkClock(machine({ clock }), stateDir))

  it('is content with a clock that goes', async () => {
    assert.equal(await statusAt(), 'ok')
  })

  it('notices one that stands still, and one of long ago', async () => {
    assert.equal(await statusAt({ ...fixedClock(), monotonic: () => 5 }), 'fail')
    assert.equal(await statusAt(fixedClock(Date.UTC(1970, 0, 2))), 'fail')
  })

  it('notices that it was set back, by the last change of a job', () =>
    inTempDir(async (dir) => {
      const clock = fixedClock()
      const file = join(dir, 'jobs.json')
      await writeFile(file, '{}')
      for (const [aheadMs, expected] of [
        [30_000, 'ok'],
        [3_600_000, 'warn'],
      ] as const) {
        const at = (clock.now() + aheadMs) / 1000
        await utimes(file, at, at)
        assert.equal(await statusAt(clock, dir), expected)
      }
    }))
})

describe('checkCron', () => {
  const statusWith = (ills: Parameters<typeof machine>[0]) => statusOf(checkCron(machine(ills)))
  const crontab = (text: string | null) => ({ crontab: async () => text })

  it('finds the line that recovers, however it calls the program', async () => {
    for (const line of [
      '* * * * * wholesaler recover --detach',
      'PATH=/usr/bin\n*/5 * * * * cd /srv/shop && npx wholesaler recover >> log 2>&1',
      '* * * * * flock -n lock node /opt/wholesaler/bin/run.js recover --detach',
    ])
      assert.equal(await statusWith(crontab(line)), 'ok', line)
  })

  it('misses it when it is not there, is commented out, or only imports', async () => {
    for (const text of ['', '# * * * * * wholesaler recover', '0 3 * * * wholesaler import', '* * * * * other recover'])
      assert.equal(await statusWith(crontab(text)), 'warn', text)
  })

  it('says that there is no cron, or that it does not run', async () => {
    assert.equal(await statusWith(crontab(null)), 'warn')
    assert.equal(await statusWith({ isCronRunning: async () => false }), 'warn')
    assert.equal(await statusWith({ isCronRunning: async () => null }), 'ok')
  })
})

describe('this machine', () => {
  it('tells its facts', async () => {
    const { freeBytes } = await thisMachine.fileSystem('/')

    assert.ok(freeBytes >= 0)
    assert.ok([null, true, false].includes(await thisMachine.isCronRunning()))
    assert.ok([null, 'string'].includes(((text) => text && typeof text)(await thisMachine.crontab()) || null))
  })
})
