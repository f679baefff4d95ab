/** The server as a process: how it begins, what it keeps to itself, and what outlives it. */
import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../src/core/clock.js'
import { routes } from '../../src/serve/routes.js'
import type { ServeDocument } from '../../src/serve/serve.js'
import { runCli, type Started, startCli } from '../cli/run-cli.js'
import { assertFits } from '../support/published-schemas.js'
import { inTempDir } from '../support/temp-dir.js'
import { ask } from './ask.js'
import { openStream } from './events.js'
import { serving, token, untilJob, writeShop } from './serving.js'

const base = '/wp-json/wholesaler/v1'

interface ServerProcess extends Started, ServeDocument {
  readonly stdout: () => string
}

/** `serve --json` in this folder, at a free port, when it answers. */
async function startServer(dir: string, env: Readonly<Record<string, string>> = {}): Promise<ServerProcess> {
  const started = startCli(['serve', '--port', '0', '--json'], { cwd: dir, env })
  let stdout = ''
  started.child.stdout?.on('data', (text: string) => {
    stdout += text
  })
  await started.printed('\n}\n')
  assertFits('serve', JSON.parse(stdout))
  return { ...started, ...JSON.parse(stdout), stdout: () => stdout }
}

/** Resolves with the worker of the job. */
async function untilRunning(
  url: string,
  id: number,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly pid: number }> {
  for (const until = Date.now() + 60_000; Date.now() < until; ) {
    const { job } = (await ask(url, { path: `${base}/background-status/${id}`, headers })).json
    if (job.status === 'running') return job.worker
    await systemClock.sleep(20)
  }
  throw new Error(`job ${id} did not come to run`)
}

/** Every worker stands still for a while when it has written its first batch. */
const slowWorkers = { WHOLESALER_FAILPOINT: 'batch-applied:1:hang:3000' }

describe('the server as a process', () => {
  it('may be killed at any time: its jobs go on, and the next server shows them', () =>
    inTempDir(async (dir) => {
      writeShop(dir)
      const { url, child, finished } = await startServer(dir, slowWorkers)
      const body = JSON.stringify({ products_per_batch: 3, total_batches: 50 })
      const started = await ask(url, { method: 'POST', path: `${base}/background-import`, body, headers: form })
      const { job_id: id } = started.json
      await untilRunning(url, id)
      child.kill('SIGKILL')
      await finished

      await serving(dir, {}, async (place) => {
        const ended = await untilJob(place, id, 'completed', 'failed')
        const { job } = ended.json
        assert.deepEqual([job.status, job.attempt, job.total_created, job.exit_code], ['completed', 1, 8, 0])
      })
    }))

  it('ends when it is told to, with 0, after its last answer; its jobs go on', () =>
    inTempDir(async (dir) => {
      writeShop(dir)
      const { url, child, finished } = await startServer(dir, slowWorkers)
      const stream = await openStream(url)
      await stream.next()
      const { job_id: id } = (await ask(url, { method: 'POST', path: `${base}/background-import`, headers: form })).json
      child.kill('SIGTERM')
      const { code, stderr } = await finished
      await assert.rejects(
        stream.until(() => false),
        /ended/,
      )

      assert.deepEqual([code, stderr], [0, ''])
      await serving(dir, {}, async (place) => {
        assert.equal((await untilJob(place, id, 'completed', 'failed')).json.job.total_created, 8)
      })
    }))

  it('says on one page of text where it is, and how to open the page', () =>
    inTempDir(async (dir) => {
      const started = startCli(['serve', '--port', '0'], { cwd: dir })
      await started.printed('Ctrl-C')
      started.child.kill('SIGINT')
      const { code, stdout } = await started.finished

      assert.equal(code, 0)
      assert.match(
        stdout,
        /^Serving at http:\/\/127\.0\.0\.1:\d+\n.*: http:\/\/127\.0\.0\.1:\d+\/login\?code=[\w-]{32}\n/,
      )
    }))

  it('does not start at an address that others reach without a token (A4), nor where it cannot listen', () =>
    inTempDir(async (dir) => {
      for (const host of ['0.0.0.0', '::', '192.0.2.1']) {
        const { code, stdout } = await runCli(['serve', '--host', host, '--port', '0', '--json'], { cwd: dir })
        assert.deepEqual([code, JSON.parse(stdout).error.code], [2, 'config'], host)
      }
      assert.ok(!readdirSync(dir).includes('.wholesaler'))
      const env = { WHOLESALER_TOKEN: token }
      const elsewhere = await runCli(['serve', '--host', '192.0.2.1', '--port', '0'], { cwd: dir, env })
      const { child, finished, url } = await startServer(dir)
      const taken = await runCli(['serve', '--port', new URL(url).port, '--json'], { cwd: dir })
      child.kill()
      await finished

      assert.deepEqual([elsewhere.code, taken.code], [2, 2])
      assert.match(elsewhere.stderr, /192\.0\.2\.1 is no address of this machine/)
      assert.match(JSON.parse(taken.stdout).error.message, /is taken$/)
    }))
})

const form = { 'content-type': 'application/x-www-form-urlencoded' }

describe("the server's token", () => {
  it('is nowhere but in its place: not in answers, output, arguments, state, nor with workers (A5)', () =>
    inTempDir(async (dir) => {
      writeShop(dir)
      const {
        url,
        child,
        finished,
        login_url: link,
      } = await startServer(dir, {
        WHOLESALER_TOKEN: token,
        ...slowWorkers,
        WHOLESALER_REQUIRE_TOKEN: '1',
      })
      const bearer = { authorization: `Bearer ${token}` }
      const seen: string[] = [link]
      const note = async (question: Parameters<typeof ask>[1]) => {
        const { headers, text } = await ask(url, question)
        seen.push(JSON.stringify(headers), text)
        return text
      }
      const started = JSON.parse(await note({ method: 'POST', path: '/api/import', headers: bearer }))
      const { pid } = await untilRunning(url, started.job_id, bearer)
      for (const headers of [bearer, { authorization: `Bearer ${token}x` }, { ...bearer, host: 'evil.example' }]) {
        for (const { method, path } of routes) {
          if (path === '/api/events' || path === '/duplicates' || path === '/api/duplicates') continue
          await note({ method, path: path.replace(/:\w+/g, '1'), headers })
        }
        await note({ path: `/${token}?token=${token}`, headers: { ...headers, 'x-token': token } })
      }
      seen.push(readFileSync(`/proc/${child.pid}/cmdline`, 'utf8'))
      for (const file of ['cmdline', 'environ']) seen.push(readFileSync(`/proc/${pid}/${file}`, 'utf8'))
      child.kill()
      const { stdout, stderr } = await finished
      seen.push(stdout, stderr)
      await serving(dir, { requireToken: false }, (place) => untilJob(place, started.job_id, 'completed'))
      for (const entry of readdirSync(join(dir, '.wholesaler'), { withFileTypes: true, recursive: true })) {
        if (entry.isFile()) seen.push(readFileSync(join(entry.parentPath, entry.name), 'latin1'))
      }

      assert.deepEqual(
        seen.filter((text) => text.includes(token.slice(7))),
        [],
      )
    }))

  it('is made at the first start, for its owner alone, and stays the same (A8)', () =>
    inTempDir(async (dir) => {
      const kept: string[] = []
      for (let start = 0; start < 2; start += 1) {
        const { child, finished } = await startServer(dir)
        child.kill()
        await finished
        kept.push(readFileSync(join(dir, '.wholesaler/serve-token'), 'utf8'))
      }
      const [folder, file] = ['.wholesaler', '.wholesaler/serve-token'].map(
        (name) => statSync(join(dir, name)).mode & 0o777,
      )

      assert.match(kept[0] ?? '', /^[\w-]{43}\n$/)
      assert.equal(kept[0], kept[1])
      assert.deepEqual([folder, file], [0o700, 0o600])
    }))

  it('is refused where others may read it, when it is a link, and when it is too short', () =>
    inTempDir(async (dir) => {
      const path = join(dir, '.wholesaler/serve-token')
      mkdirSync(join(dir, '.wholesaler'))
      const start = async (env: Record<string, string> = {}) =>
        await runCli(['serve', '--port', '0', '--host', '0.0.0.0', '--json'], { cwd: dir, env })
      const reasons: string[] = []
      writeFileSync(path, `${token}\n`)
      chmodSync(path, 0o640)
      reasons.push(JSON.parse((await start()).stdout).error.message)
      reasons.push(JSON.parse((await start({ WHOLESALER_TOKEN: 'short' })).stdout).error.message)
      symlinkSync(path, join(dir, '.wholesaler/other'))
      const linked = join(dir, 'linked')
      mkdirSync(linked)
      symlinkSync(path, join(linked, 'serve-token'))
      reasons.push(JSON.parse((await start({ WHOLESALER_STATE_DIR: linked })).stdout).error.message)

      assert.match(reasons[0] ?? '', /may be read by others$/)
      assert.match(reasons[1] ?? '', /^the token of WHOLESALER_TOKEN is not one/)
      assert.match(reasons[2] ?? '', /is a symbolic link$/)
      assert.ok(reasons.every((reason) => !reason.includes(token) && !reason.includes('short')))
    }))
})
