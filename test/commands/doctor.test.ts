import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { csvFeed, inWorkplace, type Workplace } from './workplace.js'

async function doctor({ run }: Workplace, ...args: string[]) {
  const { code, stdout, stderr } = await run('doctor', ...args, '--json')
  const { success, checks } = JSON.parse(stdout)
  const status = (id: string) => checks.find((check: { readonly id: string }) => check.id === id)?.status
  return { code, stderr, success, status }
}

describe('doctor', function () {
  this.timeout(60_000)

  it('ends with 0 in an empty folder, which it leaves empty, and after an import', () =>
    inWorkplace(async (place) => {
      const before = await doctor(place)
      assert.deepEqual([before.code, before.success, before.stderr], [0, true, ''])
      assert.equal((await place.run('status')).stdout, 'No job yet.\n')

      await place.write('a.csv', csvFeed(['A']))
      await place.importJson('a.csv')
      const after = await doctor(place)

      assert.deepEqual([after.code, after.status('ledger'), after.status('modes')], [0, 'ok', 'ok'])
    }))

  it('ends with 1 when a check failed, asks no server with --offline, and tells people what to do', () =>
    inWorkplace(async (place) => {
      const config = { wholesalers: { gone: { feed: 'http://127.0.0.1:1/' } } }
      writeFileSync(place.path('wholesaler.config.json'), JSON.stringify(config))

      const asked = await doctor(place)
      const offline = await doctor(place, '--offline')
      const { code, stdout } = await place.run('doctor')

      assert.deepEqual([asked.code, asked.success, asked.status('feed:gone')], [1, false, 'fail'])
      assert.deepEqual([offline.code, offline.status('feed:gone')], [0, undefined])
      assert.equal(code, 1)
      assert.match(stdout, /^FAIL {2}feed:gone/m)
      assert.match(stdout, /1 check failed/)
    }))

  it('goes on with a config that cannot be read', () =>
    inWorkplace(async (place) => {
      writeFileSync(place.path('wholesaler.config.json'), '{')

      const { code, status } = await doctor(place)

      assert.deepEqual([code, status('config'), status('disk')], [1, 'fail', 'ok'])
    }))
})
