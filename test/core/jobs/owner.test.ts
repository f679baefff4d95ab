import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Owner } from '../../../src/core/jobs/job.js'
import { describeOwner, judgeOwner, type ProcessTable, thisProcess } from '../../../src/core/jobs/owner.js'
import { sampleOwner } from './sample-jobs.js'

const here: Owner = { ...sampleOwner, pid: 1, startTicks: '1', nonce: 'observer' }

function processes(stat: string | null, exists = stat !== null): ProcessTable {
  return { stat: () => stat, exists: () => exists }
}

/** As in /proc/<pid>/stat; the command name is as nasty as it may be. */
function stat(startTicks: string, state = 'S'): string {
  const between = Array.from({ length: 18 }, () => '0').join(' ')
  return `4711 (node) S 1 (x) ${state} ${between} ${startTicks} 0 0\n`
}

describe('judgeOwner', () => {
  const cases: readonly {
    readonly says: string
    readonly owner?: Partial<Owner>
    readonly processes: ProcessTable
    readonly verdict: string
  }[] = [
    { says: 'a process that is there and started then', processes: processes(stat('1000')), verdict: 'alive' },
    { says: 'a pid that is gone', processes: processes(null), verdict: 'dead' },
    { says: 'a pid that was given to another process (P10)', processes: processes(stat('2000')), verdict: 'dead' },
    { says: 'a zombie', processes: processes(stat('1000', 'Z')), verdict: 'dead' },
    { says: 'a process that is stopped', processes: processes(stat('1000', 'T')), verdict: 'alive' },
    { says: 'a pid that is in use but hidden from this user', processes: processes(null, true), verdict: 'unknown' },
    { says: 'an unreadable entry', processes: processes('nonsense'), verdict: 'unknown' },
    {
      says: 'an owner from before a reboot of this host, whoever has its pid now (P11)',
      owner: { bootId: 'boot-0' },
      processes: processes(stat('1000')),
      verdict: 'dead',
    },
    {
      says: 'an owner on another host (P12)',
      owner: { host: 'other' },
      processes: processes(null),
      verdict: 'unknown',
    },
    {
      says: 'an owner on another host after a reboot of this one (P12)',
      owner: { host: 'other', bootId: 'boot-0' },
      processes: processes(null),
      verdict: 'unknown',
    },
    {
      says: 'an owner in another container with the same host name and pid (P12)',
      owner: { pidNamespace: 'pid:[2]' },
      processes: processes(null),
      verdict: 'unknown',
    },
    {
      says: 'an owner whose namespace is not known',
      owner: { pidNamespace: null },
      processes: processes(null),
      verdict: 'unknown',
    },
    {
      says: 'an owner whose start is not known',
      owner: { startTicks: null },
      processes: processes(stat('1000')),
      verdict: 'unknown',
    },
    {
      says: 'an owner of another kind of system',
      owner: { bootId: null, pidNamespace: null, startTicks: null },
      processes: processes(null),
      verdict: 'unknown',
    },
  ]
  for (const { says, owner, processes: table, verdict } of cases) {
    it(`takes ${says} for ${verdict}`, () => {
      assert.equal(judgeOwner({ ...sampleOwner, ...owner }, here, table), verdict)
    })
  }

  it('knows without /proc only that a pid is gone', () => {
    const bare = { bootId: null, pidNamespace: null, startTicks: null }
    const judge = (exists: boolean) =>
      judgeOwner({ ...sampleOwner, ...bare }, { ...here, ...bare }, processes(null, exists))

    assert.equal(judge(false), 'dead')
    assert.equal(judge(true), 'unknown')
  })

  it('takes this process for alive, under the same identity each time', () => {
    assert.equal(judgeOwner(thisProcess()), process.platform === 'linux' ? 'alive' : 'unknown')
    assert.equal(thisProcess(), thisProcess())
  })

  it('takes a killed process for dead, and never signals a stranger that has its pid (P10)', async function () {
    if (process.platform !== 'linux') return this.skip()
    const child = spawn('sleep', ['60'])
    const stranger: Owner = { ...thisProcess(), pid: child.pid ?? 0, startTicks: '1' }

    assert.equal(judgeOwner(stranger), 'dead')

    assert.equal(child.exitCode, null)
    assert.equal(child.signalCode, null)
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
    assert.equal(judgeOwner({ ...stranger, startTicks: null }), 'dead')
  })
})

describe('describeOwner', () => {
  it('names the host only when it is another one', () => {
    assert.equal(describeOwner(sampleOwner, here), 'process 4711')
    assert.equal(describeOwner({ ...sampleOwner, host: 'other' }, here), 'process 4711 on other')
  })
})
