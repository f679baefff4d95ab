import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { appendFile, chmod, mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import type { RequestListener } from 'node:http'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type FetchedSnapshot, type FetchOptions, fetchSnapshot } from '../../../src/core/feed/snapshot.js'
import { folderName } from '../../../src/core/feed/snapshot-folder.js'
import type { FeedSource } from '../../../src/core/feed/source.js'
import { createHttpClient } from '../../../src/core/http/http-client.js'
import { fixedClock } from '../../support/fixed-clock.js'
import { withServer } from '../../support/local-server.js'
import { inTempDir } from '../../support/temp-dir.js'

const csv = 'sku,name\n1,Shirt\n'

describe('fetchSnapshot', () => {
  describe('of a file', () => {
    it('keeps a copy under the sha256 of its bytes, for its owner only (A8)', async () => {
      await inFolder(async ({ file, fetch, stateDir }) => {
        const snapshot = await fetch(await file(csv))

        const sha256 = createHash('sha256').update(csv).digest('hex')
        assert.deepEqual([snapshot.unchanged, snapshot.sha256, snapshot.bytes], [false, sha256, csv.length])
        assert.equal(snapshot.path, join(stateDir, 'snapshots', 'shop', sha256))
        assert.equal(await readFile(snapshot.path, 'utf8'), csv)
        assert.equal((await stat(snapshot.path)).mode & 0o777, 0o600)
        assert.equal((await stat(join(stateDir, 'snapshots'))).mode & 0o777, 0o700)
        assert.deepEqual(await readdir(join(stateDir, 'tmp')), [])
      })
    })

    it('does not read a file that has not changed', async () => {
      await inFolder(async ({ file, fetch }) => {
        const source = await file(csv)
        const first = await fetch(source)
        // Whoever may not read it can still see that it has not changed.
        const second = await fetch(source, { previous: first })

        assert.deepEqual(second, { ...first, unchanged: true })
        assert.notEqual(first.stamp.file, null)
      })
    })

    it('reads it all the same when told to, when its copy is gone, or when its times changed', async () => {
      await inFolder(async ({ file, fetch }) => {
        const source = await file(csv)
        const first = await fetch(source)
        await rm(first.path)

        const again = await fetch(source, { previous: first })
        assert.equal(again.unchanged, true)
        assert.equal(await readFile(again.path, 'utf8'), csv)

        await utimes(source.path, 1, 1)
        const touched = await fetch(source, { previous: first })
        assert.equal(touched.unchanged, true)
        assert.notEqual(touched.stamp.file, first.stamp.file)
        assert.equal((await fetch(source, { previous: touched, checksum: true })).unchanged, true)
      })
    })

    it('notices a change that keeps size and time', async () => {
      await inFolder(async ({ file, fetch }) => {
        const source = await file(csv)
        const first = await fetch(source)
        const { atime, mtime } = await stat(source.path)
        await writeFile(source.path, csv.replace('1,', '2,'))
        await utimes(source.path, atime, mtime)

        assert.equal((await fetch(source, { previous: first })).unchanged, false)
      })
    })

    it('keeps two copies: the new one and the one staged last', async () => {
      await inFolder(async ({ file, fetch, stateDir }) => {
        const staged = await fetch(await file('one\n'))
        for (const text of ['two\n', 'three\n', 'four\n']) {
          const snapshot = await fetch(await file(text), { previous: staged })
          const kept = await readdir(join(stateDir, 'snapshots', 'shop'))
          assert.deepEqual(kept.sort(), [staged.sha256, snapshot.sha256].sort())
        }
      })
    })

    it('refuses a file that is still being written', async () => {
      await inFolder(async ({ file, fetch, stateDir }) => {
        const source = await file('x'.repeat(3_000_000))
        const hashing = fetch(source)
        await appendFile(source.path, 'y')
        const outcome = await hashing.then(
          (snapshot) => snapshot.bytes,
          (error) => error.kind,
        )

        // Either it was opened before the change and is refused, or after it and is whole.
        assert.ok(outcome === 'temporary' || outcome === 3_000_001, String(outcome))
        if (outcome === 'temporary') assert.deepEqual(await readdir(join(stateDir, 'snapshots', 'shop')), [])
      })
    })

    it('reads a pipe to its end', async function () {
      await inFolder(async ({ dir, fetch }) => {
        const path = join(dir, 'pipe')
        try {
          await promisify(execFile)('mkfifo', [path])
        } catch {
          console.error('      skipped: mkfifo is needed')
          this.skip()
        }
        const [snapshot] = await Promise.all([fetch({ kind: 'file', path }), writeFile(path, csv)])

        assert.deepEqual([snapshot.bytes, snapshot.stamp.file], [csv.length, null])
      })
    })

    it('says what is wrong with what is no feed (F11)', async () => {
      await inFolder(async ({ dir, file, fetch, stateDir }) => {
        await assert.rejects(fetch({ kind: 'file', path: join(dir, 'none.csv') }), { kind: 'feed_missing' })
        await assert.rejects(fetch({ kind: 'file', path: join((await file(csv)).path, 'x') }), { kind: 'feed_missing' })
        await assert.rejects(fetch({ kind: 'file', path: dir }), { kind: 'usage', message: /folder/ })
        await assert.rejects(fetch({ kind: 'file', path: '/dev/zero' }), { kind: 'usage', message: /device/ })
        await assert.rejects(fetch(await file('')), { kind: 'feed_empty' })
        assert.deepEqual(await readdir(join(stateDir, 'tmp')), [])
        assert.deepEqual(await readdir(join(stateDir, 'snapshots', 'shop')), [])
      })
    })

    it('says that it may not be read', async function () {
      if (process.getuid?.() === 0) {
        console.error('      skipped: root may read everything')
        this.skip()
      }
      await inFolder(async ({ file, fetch }) => {
        const source = await file(csv)
        await chmod(source.path, 0)

        await assert.rejects(fetch(source), { kind: 'denied' })
      })
    })

    it('leaves nothing behind when the disk is full (D17)', async () => {
      await inFolder(async ({ dir, file, stateDir }) => {
        await file('x'.repeat(5_000_000))
        const script = join(dir, 'fetch.ts')
        const module = new URL('../../../src/core/feed/snapshot-folder.ts', import.meta.url).pathname
        await writeFile(
          script,
          `import { createReadStream } from 'node:fs'
           import { storeSnapshot } from ${JSON.stringify(module)}
           storeSnapshot(createReadStream('feed.csv'), ${JSON.stringify(join(stateDir, 'shop'))}, ${JSON.stringify(join(stateDir, 'tmp'))})
             .then(() => console.log('stored'), (error) => console.log(error.kind))`,
        )
        // A limit of file size gives EFBIG, which is met like a full disk; it does not need another file system.
        const tsx = createRequire(import.meta.url).resolve('tsx')
        const command = `ulimit -f 2000; exec "${process.execPath}" --import "${tsx}" "${script}"`
        const { stdout } = await promisify(execFile)('bash', ['-c', command], { cwd: dir })

        assert.equal(stdout.trim(), 'disk_full')
        assert.deepEqual(await readdir(join(stateDir, 'tmp')), [])
        assert.deepEqual(await readdir(join(stateDir, 'shop')), [])
      })
    })

    it('says where it cannot write', async () => {
      await inFolder(async ({ file, fetch, stateDir }) => {
        await writeFile(join(stateDir, 'snapshots'), 'a file in the way')

        await assert.rejects(fetch(await file(csv)), { kind: 'unexpected', hint: /--state-dir/ })
      })
    })
  })

  describe('of stdin', () => {
    it('reads to the end, and knows the same bytes again', async () => {
      await inFolder(async ({ fetch }) => {
        const first = await fetch({ kind: 'stdin' }, { stdin: chunks(['sku,', 'name\n']) })
        const second = await fetch({ kind: 'stdin' }, { stdin: chunks(['sku,name\n']), previous: first })

        assert.deepEqual([first.bytes, first.unchanged, second.unchanged], [9, false, true])
        await assert.rejects(fetch({ kind: 'stdin' }, { stdin: chunks([]) }), { kind: 'feed_empty' })
      })
    })

    it('stops waiting when it is told to', async () => {
      await inFolder(async ({ fetch, stateDir }) => {
        const stop = new AbortController()
        const never = (async function* () {
          yield Buffer.from('half')
          stop.abort(new Error('interrupted'))
          await new Promise(() => {})
        })()

        await assert.rejects(fetch({ kind: 'stdin' }, { stdin: never, signal: stop.signal }), /interrupted/)
        assert.deepEqual(await readdir(join(stateDir, 'tmp')), [])
      })
    })
  })

  describe('of a URL', () => {
    it('downloads once, then asks whether anything changed', async () => {
      await inFolder(async ({ fetch }) => {
        await withServer(versioned(csv), async ({ host, requests }) => {
          const source: FeedSource = { kind: 'url', url: `http://${host}/feed.csv` }
          const first = await fetch(source, { headers: { 'x-key': 'KEY' } })
          const second = await fetch(source, { previous: first })

          assert.deepEqual([first.stamp.etag, first.bytes, first.unchanged], ['"v1"', csv.length, false])
          assert.deepEqual(second, { ...first, unchanged: true })
          assert.equal(requests[0]?.headers['x-key'], 'KEY')
          assert.equal(requests[1]?.headers['if-none-match'], '"v1"')
        })
      })
    })

    it('asks for everything when its copy is gone or it is told to', async () => {
      await inFolder(async ({ fetch }) => {
        await withServer(versioned(csv), async ({ host, requests }) => {
          const source: FeedSource = { kind: 'url', url: `http://${host}/feed.csv` }
          const first = await fetch(source)
          await fetch(source, { previous: first, checksum: true })
          await rm(first.path)
          const again = await fetch(source, { previous: first })

          assert.equal(again.unchanged, true)
          assert.ok(existsSync(again.path))
          assert.deepEqual(
            requests.map(({ headers }) => headers['if-none-match']),
            [undefined, undefined, undefined],
          )
        })
      })
    })

    it('never uses a part of a feed (N2, N7)', async () => {
      await inFolder(async ({ fetch, stateDir }) => {
        let turn = 0
        const listener: RequestListener = (_, response) => {
          turn += 1
          response.writeHead(200, { 'content-length': csv.length })
          if (turn < 3) response.write(csv.slice(0, 5), () => response.destroy())
          else response.end(csv)
        }
        await withServer(listener, async ({ host }) => {
          const source: FeedSource = { kind: 'url', url: `http://${host}/` }
          assert.equal(await readFile((await fetch(source)).path, 'utf8'), csv)

          turn = -10
          await assert.rejects(fetch(source), { kind: 'temporary' })
          assert.deepEqual(await readdir(join(stateDir, 'tmp')), [])
        })
      })
    })

    const answers: readonly (readonly [status: number, kind: string])[] = [
      [404, 'feed_missing'],
      [410, 'feed_missing'],
      [400, 'feed_missing'],
      [401, 'denied'],
      [403, 'denied'],
      [204, 'feed_empty'],
      [304, 'feed_missing'],
      [429, 'temporary'],
      [500, 'temporary'],
    ]
    for (const [status, kind] of answers) {
      it(`ends as ${kind} after ${status} (N6, N19)`, async () => {
        await inFolder(async ({ fetch }) => {
          await withServer(
            (_, response) => void response.writeHead(status).end(),
            async ({ host }) => {
              await assert.rejects(
                fetch({ kind: 'url', url: `http://${host}/?key=SECRET` }),
                (error: Error & { kind?: string }) => {
                  assert.equal(error.kind, kind)
                  assert.equal(error.message.includes('SECRET'), false)
                  return true
                },
              )
            },
          )
        })
      })
    }

    it('ends as empty after an answer without a body (F11)', async () => {
      await inFolder(async ({ fetch }) => {
        await withServer(
          (_, response) => void response.end(),
          async ({ host }) => {
            await assert.rejects(fetch({ kind: 'url', url: `http://${host}/` }), { kind: 'feed_empty' })
          },
        )
      })
    })
  })
})

describe('folderName', () => {
  it('keeps plain names, and keeps all others apart and inside their folder', () => {
    assert.equal(folderName('aren-2'), 'aren-2')
    const names = [
      'a/b',
      'a_b',
      'A_b',
      'a:b',
      '..',
      '.',
      '',
      'żółw',
      'x'.repeat(300),
      `${'x'.repeat(300)}y`,
      'example.com/feed.xml',
    ]
    const folders = names.map((name) => folderName(name).toLowerCase())

    assert.equal(new Set(folders).size, names.length)
    for (const folder of folders) assert.match(folder, /^[a-z0-9_-][a-z0-9._-]{0,80}$/)
  })
})

interface Folder {
  readonly dir: string
  readonly stateDir: string
  file(text: string): Promise<{ readonly kind: 'file'; readonly path: string }>
  fetch(source: FeedSource, options?: Partial<FetchOptions>): Promise<FetchedSnapshot>
}

async function inFolder(body: (folder: Folder) => Promise<void>): Promise<void> {
  await inTempDir(async (dir) => {
    const http = createHttpClient({ clock: fixedClock(), random: () => 0 })
    const stateDir = join(dir, '.wholesaler')
    await mkdir(stateDir)
    const defaults = {
      stateDir,
      wholesaler: 'shop',
      previous: null,
      checksum: false,
      headers: {},
      allowPrivateHosts: [],
      http,
      signal: new AbortController().signal,
    }
    try {
      await body({
        dir,
        stateDir,
        async file(text) {
          // As careful exporters do: written aside, then renamed.
          const path = join(dir, 'feed.csv')
          await writeFile(`${path}.part`, text)
          await rename(`${path}.part`, path)
          return { kind: 'file', path }
        },
        fetch: (source, options = {}) => fetchSnapshot(source, { ...defaults, ...options }),
      })
    } finally {
      http.close()
    }
  })
}

function versioned(text: string): RequestListener {
  return (request, response) => {
    const isKnown = request.headers['if-none-match'] === '"v1"'
    response.writeHead(isKnown ? 304 : 200, { etag: '"v1"' }).end(isKnown ? undefined : text)
  }
}

async function* chunks(texts: readonly string[]) {
  for (const text of texts) yield Buffer.from(text)
}
