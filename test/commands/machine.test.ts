/** Machines that are set up in a way that gets into the way: read-only disks, few open files, other locales. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { requireTools } from '../chaos/fault-tools.js'
import { catalogDigest } from '../chaos/kill9/catalog-digest.js'
import { runCli, runShell } from '../cli/run-cli.js'
import { csvFeed, inWorkplace, skus } from './workplace.js'

describe('a disk that can only be read', function () {
  this.timeout(60_000)

  it('lets status answer, ends an import with 1 and changes nothing; once it can be written, the import completes (D4)', async function () {
    requireTools(this, 'mount')
    await inWorkplace(async ({ dir, write, path }) => {
      await write('a.csv', csvFeed(['A']))
      await write('b.csv', csvFeed(['A', 'B']))
      const script = `
        mkdir state && mount -t tmpfs none state
        w() { "$WHOLESALER" "$@" --state-dir state --json > $out.json; echo $? > $out.code; }
        out=first; w import a.csv --as acme
        mount -o remount,ro state
        out=status; w status
        out=refused; w import b.csv --as acme
        mount -o remount,rw state
        out=healed; w import b.csv --as acme`
      const { code, stderr } = await runShell(`unshare -Urm bash -c '${script}'`, { cwd: dir })
      assert.equal(code, 0, stderr)
      const answers: Record<string, { exit: number; document: { success: boolean; pending: number | null } }> = {}
      for (const name of ['first', 'status', 'refused', 'healed']) {
        const [text, exit] = await Promise.all(
          ['json', 'code'].map((kind) => readFile(path(`${name}.${kind}`), 'utf8')),
        )
        answers[name] = { exit: Number(exit), document: JSON.parse(text ?? '') }
      }
      const exits = Object.entries(answers).map(([name, { exit }]) => [name, exit])
      assert.deepEqual(Object.fromEntries(exits), { first: 0, status: 0, refused: 1, healed: 0 })
      assert.equal(answers.refused?.document.success, false)
      assert.equal(answers.healed?.document.pending, 0)
    })
  })
})

describe('a process that may open few files', function () {
  this.timeout(60_000)

  for (const limit of [32, 60, 72]) {
    it(`such as ${limit} says so in one document and ends with 1, or does its work; without the limit, the import completes (P18)`, async () => {
      await inWorkplace(async ({ dir, write, importJson, catalog }) => {
        await write('a.csv', csvFeed(skus(60)))
        const line = `ulimit -n ${limit}; "$WHOLESALER" import a.csv --json`
        const { code, stdout } = await runShell(line, { cwd: dir })
        const document = JSON.parse(stdout)
        if (code !== 0) {
          assert.deepEqual([code, document.success], [1, false])
          assert.match(document.error.message, /EMFILE|unable to open|open files/)
        }

        assert.equal((await importJson('a.csv')).code, 0)
        assert.equal((await catalog()).size, 60)
      })
    })
  }

  it('says so to people as well (P18)', async () => {
    await inWorkplace(async ({ dir, write }) => {
      await write('a.csv', csvFeed(['A']))
      const { code, stdout, stderr } = await runShell('ulimit -n 32; "$WHOLESALER" import a.csv', { cwd: dir })

      assert.deepEqual([code, stdout], [1, ''])
      assert.match(stderr, /^Error: too many open files \(EMFILE\)\nNext: .*ulimit/)
    })
  })
})

describe('processes of other countries', function () {
  this.timeout(60_000)

  /** Where days begin at other hours, the decimal sign is a comma, and the capital of i has a dot. */
  const places = [
    { TZ: 'UTC', LANG: 'C', LC_ALL: 'C' },
    { TZ: 'Pacific/Kiritimati', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' },
    { TZ: 'America/St_Johns', LANG: 'de_DE.UTF-8', LC_ALL: 'de_DE.UTF-8' },
  ]

  it('import the same catalog, and tell the same of a job, whoever ran it (D16)', async () => {
    await inWorkplace(async ({ dir, write, path }) => {
      const rows = ['sku,name,price,categories', 'ID-I,Iğdır Çay,"1234,50",Çay > İnce', 'id-j,istanbul,7.5,Çay > ince']
      await write('a.csv', `${rows.join('\n')}\n`)
      const digests: string[] = []
      for (const [index, env] of places.entries()) {
        const words = ['import', 'a.csv', '--state-dir', `state-${index}`, '--json']
        const { code, stdout } = await runCli(words, { cwd: dir, env })
        assert.equal(code, 0, stdout)
        const found = await catalogDigest(path(`state-${index}`))
        assert.deepEqual([found.products, found.faults], [2, []])
        digests.push(found.digest)
      }
      assert.equal(new Set(digests).size, 1)

      const told = await Promise.all(
        places.map((env) => runCli(['status', '--json', '--state-dir', 'state-1'], { cwd: dir, env })),
      )
      assert.equal(new Set(told.map(({ stdout }) => stdout)).size, 1)
    })
  })

  it("find nothing to do in each other's state (D16)", async () => {
    await inWorkplace(async ({ dir, write }) => {
      await write('a.csv', csvFeed(skus(20)))
      for (const [index, env] of places.entries()) {
        const { stdout } = await runCli(['import', 'a.csv', '--remap', '--json'], { cwd: dir, env })
        assert.equal(JSON.parse(stdout).job.total_processed, index === 0 ? 20 : 0)
      }
    })
  })
})
