import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { runShell } from '../cli/run-cli.js'
import { answerOf, csvFeed, inWorkplace, skus, type Workplace } from './workplace.js'

const products = skus(5000)

/** True when a small file system can be mounted in a namespace of one's own. */
function canMount(): boolean {
  try {
    execFileSync('unshare', ['-Urm', 'sh', '-c', 'mount -t tmpfs none /mnt'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Runs a script in which `import NAME FLAGS` writes its document to NAME.json and its exit code to NAME.code. */
async function runScript({ dir }: Workplace, script: string, names: readonly string[]) {
  const define =
    'import() { "$WHOLESALER" import "$2" --as acme --state-dir state --json > $1.json; echo $? > $1.code; }'
  const { code, stderr } = await runShell(`${define}\nmkdir -p state\n${script}`, { cwd: dir })
  assert.equal(code, 0, stderr)
  return await Promise.all(
    names.map(async (name) => {
      const [stdout, exit] = await Promise.all(
        ['json', 'code'].map((kind) => readFile(`${dir}/${name}.${kind}`, 'utf8')),
      )
      return answerOf({ code: Number(exit), stdout: stdout ?? '', stderr })
    }),
  )
}

describe('a disk that is full', function () {
  this.timeout(60_000)

  for (const left of ['0', '100K', '1M', '2M']) {
    it(`but for ${left} ends the import with 1 and a message; with space again, the next one completes (D1, D2)`, async function () {
      if (!canMount()) {
        console.error('      skipped: no file system can be mounted here')
        return this.skip()
      }
      await inWorkplace(async (place) => {
        await place.write('good.csv', csvFeed(['A', 'B']))
        await place.write('big.csv', csvFeed(['A', 'B', ...products]))
        const script = `
          mount -t tmpfs -o size=64m none state
          import before good.csv
          dd if=/dev/zero of=state/ballast bs=4k 2> dd.txt
          truncate -s -${left} state/ballast
          import full big.csv
          rm state/ballast
          import after big.csv
          "$WHOLESALER" export --state-dir state > shop.csv`
        const [before, full, after] = await runScript(place, `export -f import; unshare -Urm bash -c '${script}'`, [
          'before',
          'full',
          'after',
        ])
        assert.deepEqual([before?.code, before?.job?.total_created], [0, 2])
        assert.deepEqual([full?.code, full?.success, full?.error?.code], [1, false, 'disk_full'], full?.error?.message)
        assert.match(full?.error?.hint ?? '', /space/)
        assert.deepEqual([after?.code, after?.pending, after?.feed.products], [0, 0, products.length + 2])

        const rows = (await readFile(place.path('shop.csv'), 'utf8')).trim().split('\n')
        assert.equal(rows.length, 1 + 2 + products.length)
      })
    })
  }

  it('by a limit of file sizes ends with 1, and without the limit the next import completes (D17)', async () => {
    await inWorkplace(async (place) => {
      await place.write('big.csv', csvFeed(products))
      const [limited, after] = await runScript(place, '(ulimit -f 600; import limited big.csv)\nimport after big.csv', [
        'limited',
        'after',
      ])
      assert.deepEqual([limited?.code, limited?.error?.code], [1, 'disk_full'], limited?.error?.message)
      const created = (limited?.job?.total_created ?? 0) + (after?.job?.total_created ?? 0)
      assert.deepEqual([after?.code, after?.pending, created], [0, 0, products.length])
    })
  })
})
