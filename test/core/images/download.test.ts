import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createHttpClient } from '../../../src/core/http/http-client.js'
import { createDownload, type Download, type DownloadOptions } from '../../../src/core/images/download.js'
import type { Validators } from '../../../src/core/images/library.js'
import { normalizeUrl } from '../../../src/core/images/normalize-url.js'
import { prepareTempDir } from '../../../src/core/images/temp-file.js'
import { fixedClock } from '../../support/fixed-clock.js'
import { type ImageServer, withImageServer } from '../../support/image-server.js'
import { inTempDir } from '../../support/temp-dir.js'
import { jpeg } from './pictures.js'

interface Place {
  readonly dir: string
  readonly server: ImageServer
  download(reference: string, options?: Partial<DownloadOptions>, known?: Validators): ReturnType<Download>
}

async function withPlace(body: (place: Place) => Promise<void>): Promise<void> {
  const http = createHttpClient({ clock: fixedClock(), random: () => 0 })
  try {
    await inTempDir((dir) =>
      withImageServer(async (server) => {
        await mkdir(join(dir, 'tmp'))
        await mkdir(join(dir, 'feed'))
        const folders = [join(dir, 'feed'), join(dir, 'pictures')]
        const download: Place['download'] = async (reference, options = {}, known) => {
          const address = normalizeUrl(reference, { folders, url: null })
          if (!address.ok) return address
          const all = { http, tmpDir: join(dir, 'tmp'), folders, allowPrivateHosts: [server.host], ...options }
          return createDownload(all)(address, new AbortController().signal, known)
        }
        await body({ dir, server, download })
        assert.deepEqual(await readdir(join(dir, 'tmp')), [], 'temporary files are left')
      }),
    )
  } finally {
    http.close()
  }
}

async function codeOf(result: ReturnType<Download>): Promise<string> {
  const downloaded = await result
  if (!downloaded.ok) return downloaded.code
  if (downloaded.ok === 'unchanged') return 'unchanged'
  await downloaded.dispose()
  return 'fine'
}

describe('createDownload', () => {
  it('gives the bytes and their hash', () =>
    withPlace(async ({ server, download }) => {
      const picture = await jpeg(1)
      server.serve('/1.jpg', picture)

      const result = await download(server.url('/1.jpg'))

      assert.ok(result.ok === true)
      assert.deepEqual(result.content, picture)
      assert.equal(result.bytes, picture.length)
      assert.equal(result.sha256, createHash('sha256').update(picture).digest('hex'))
    }))

  it('holds small files in memory and large ones on disk, until they are disposed of', () =>
    withPlace(async ({ dir, server, download }) => {
      const large = Buffer.alloc(6 * 1024 * 1024, 'x')
      server.serve('/large', large)

      const result = await download(server.url('/large'))

      assert.ok(result.ok === true && typeof result.content === 'string')
      assert.equal(result.sha256, createHash('sha256').update(large).digest('hex'))
      assert.ok(large.equals(await readFile(result.content)))
      assert.equal((await readdir(join(dir, 'tmp'))).length, 1)
      await result.dispose()
      await result.dispose()
    }))

  it('asks for a known picture only if it has changed', () =>
    withPlace(async ({ server, download }) => {
      const [one, two] = [await jpeg(1), await jpeg(2)]
      const lastModified = 'Thu, 15 Jan 2026 12:00:00 GMT'
      server.serve('/1.jpg', { kind: 'tagged', body: one, etag: '"a"', lastModified })
      server.serve('/2.jpg', { kind: 'tagged', body: two, lastModified })
      server.serve('/3.jpg', one)
      const ask = async (path: string, known: Validators | undefined) => {
        const result = await download(server.url(path), {}, known)
        assert.ok(result.ok)
        if (result.ok === true) await result.dispose()
        return [result.ok, result.validators.etag, result.validators.lastModified]
      }

      assert.deepEqual(await ask('/1.jpg', undefined), [true, '"a"', lastModified])
      assert.deepEqual(await ask('/1.jpg', { etag: '"a"', lastModified: null }), ['unchanged', '"a"', lastModified])
      assert.deepEqual(await ask('/1.jpg', { etag: '"b"', lastModified }), [true, '"a"', lastModified])
      assert.deepEqual(await ask('/2.jpg', { etag: null, lastModified }), ['unchanged', null, lastModified])
      assert.deepEqual(await ask('/3.jpg', { etag: null, lastModified: null }), [true, null, null])
      assert.equal(server.notModified(), 2)
    }))

  it('takes "not modified" for no picture when nobody asked', () =>
    withPlace(async ({ server, download }) => {
      server.serve('/1.jpg', { kind: 'status', status: 304 })

      assert.equal(await codeOf(download(server.url('/1.jpg'))), 'http_304')
    }))

  it('names the status of what is not there (I12)', () =>
    withPlace(async ({ server, download }) => {
      for (const status of [403, 404, 410, 451]) {
        server.serve('/x.jpg', { kind: 'status', status })
        assert.equal(await codeOf(download(server.url('/x.jpg'))), `http_${status}`)
      }
      assert.equal(server.requests(), 4)
    }))

  it('tries once more after an error of the server, and then reports it', () =>
    withPlace(async ({ server, download }) => {
      const picture = await jpeg(1)
      server.serve('/once.jpg', (times) => (times === 1 ? { kind: 'status', status: 500 } : picture))
      server.serve('/always.jpg', { kind: 'status', status: 503 })

      assert.equal(await codeOf(download(server.url('/once.jpg'))), 'fine')
      assert.equal(await codeOf(download(server.url('/always.jpg'))), 'http_503')
      assert.equal(server.requests('/always.jpg'), 2)
    }))

  it('never takes half a file for a whole one, and tries once more (I2, N2)', () =>
    withPlace(async ({ server, download }) => {
      const body = Buffer.alloc(200_000, 'x')
      server.serve('/once.jpg', (times) => (times === 1 ? { kind: 'truncated', body } : body))
      server.serve('/always.jpg', { kind: 'truncated', body })

      assert.equal(await codeOf(download(server.url('/once.jpg'))), 'fine')
      assert.equal(await codeOf(download(server.url('/always.jpg'))), 'truncated')
    }))

  it('stops at the limit of bytes, announced or not (I13)', () =>
    withPlace(async ({ server, download }) => {
      const bytesMax = 5 * 1024 * 1024
      server.serve('/endless.jpg', { kind: 'endless' })
      server.serve('/over.jpg', Buffer.alloc(bytesMax + 1))
      server.serve('/just.jpg', Buffer.alloc(bytesMax))

      assert.equal(await codeOf(download(server.url('/endless.jpg'), { bytesMax })), 'too_large')
      assert.equal(await codeOf(download(server.url('/over.jpg'), { bytesMax })), 'too_large')
      assert.equal(await codeOf(download(server.url('/just.jpg'), { bytesMax })), 'fine')
      assert.ok(server.bytesSent() < 64 * 1024 * 1024)
    }))

  it('gives a silent server up when its time is over (N3)', () =>
    withPlace(async ({ server, download }) => {
      server.serve('/silent.jpg', { kind: 'silent' })

      assert.equal(await codeOf(download(server.url('/silent.jpg'), { deadlineMs: 50 })), 'timeout')
    }))

  it('connects to no private address that nobody allowed, named or redirected to (N9)', () =>
    withPlace(async ({ server, download }) =>
      withImageServer(async (canary) => {
        server.serve('/away.jpg', { kind: 'redirect', to: canary.url('/1.jpg') })

        assert.equal(await codeOf(download(canary.url('/1.jpg'))), 'address_refused')
        assert.equal(await codeOf(download(server.url('/away.jpg'))), 'address_refused')
        for (const host of ['169.254.169.254', '10.0.0.1', '[::1]', '[::ffff:7f00:1]', '0', '017700000001']) {
          assert.equal(await codeOf(download(`http://${host}/1.jpg`)), 'address_refused', host)
        }
        assert.equal(canary.requests(), 0)
      }),
    ))

  it('follows redirects to what is allowed (I11)', () =>
    withPlace(async ({ server, download }) => {
      server.serve('/old.jpg', { kind: 'redirect', to: '/new.jpg' })
      server.serve('/new.jpg', await jpeg(1))

      assert.equal(await codeOf(download(server.url('/old.jpg'))), 'fine')
    }))

  it('keeps keys out of its reasons', () =>
    withPlace(async ({ download }) => {
      const result = await download('http://user:secret@127.0.0.1:9/1.jpg?key=secret')

      assert.ok(!result.ok)
      assert.doesNotMatch(JSON.stringify(result), /secret/)
    }))

  it('reads files beside the feed and below the image roots, and leaves them as they are', () =>
    withPlace(async ({ dir, download }) => {
      await mkdir(join(dir, 'pictures', 'red'), { recursive: true })
      await writeFile(join(dir, 'feed', '1.jpg'), 'one')
      await writeFile(join(dir, 'pictures', 'red', '2.jpg'), 'two')

      const [one, two, named] = [
        await download('./1.jpg'),
        await download('red/2.jpg'),
        await download(join(dir, 'pictures/red/2.jpg')),
      ]

      assert.ok(one.ok === true && two.ok === true && named.ok === true)
      assert.deepEqual(
        [one, two, named].map(({ content }) => String(content)),
        ['one', 'two', 'two'],
      )
      assert.equal(await readFile(join(dir, 'feed', '1.jpg'), 'utf8'), 'one')
    }))

  it('reads nothing that a symbolic link leads out to, nor what is no file (I8)', () =>
    withPlace(async ({ dir, download }) => {
      await writeFile(join(dir, 'secret.jpg'), 'secret')
      await symlink(join(dir, 'secret.jpg'), join(dir, 'feed', 'link.jpg'))
      await symlink(dir, join(dir, 'feed', 'up'))
      await symlink('loop', join(dir, 'feed', 'loop'))
      await mkdir(join(dir, 'feed', 'folder.jpg'))

      assert.equal(await codeOf(download('link.jpg')), 'outside_folder')
      assert.equal(await codeOf(download('up/secret.jpg')), 'outside_folder')
      assert.equal(await codeOf(download('../secret.jpg')), 'outside_folder')
      assert.equal(await codeOf(download('loop')), 'unreadable')
      assert.equal(await codeOf(download('folder.jpg')), 'no_file')
      assert.equal(await codeOf(download('missing.jpg')), 'no_file')
      assert.equal(await codeOf(download(`${'x'.repeat(300)}.jpg`)), 'unreadable')
    }))

  it('reads no local file that is too large (I13)', () =>
    withPlace(async ({ dir, download }) => {
      await writeFile(join(dir, 'feed', 'large.jpg'), Buffer.alloc(1001))

      assert.equal(await codeOf(download('large.jpg', { bytesMax: 1000 })), 'too_large')
      assert.equal(await codeOf(download('large.jpg', { bytesMax: 1001 })), 'fine')
    }))
})

describe('prepareTempDir', () => {
  it('clears what died processes left, and nothing else (I16)', async () => {
    await inTempDir(async (dir) => {
      const now = Date.now()
      for (const name of ['image-old.tmp', 'image-new.tmp', 'other.tmp']) await writeFile(join(dir, name), '')
      const yesterday = new Date(now - 24 * 60 * 60 * 1000)
      for (const name of ['image-old.tmp', 'other.tmp']) await utimes(join(dir, name), yesterday, yesterday)

      await prepareTempDir(dir, now)

      assert.deepEqual((await readdir(dir)).sort(), ['image-new.tmp', 'other.tmp'])
    })
  })
})
