/** A shop, the real server in front of it and a browser: one of each for all tests of the page. */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { runCli, type Started, startCli } from '../cli/run-cli.js'
import { projectRoot } from '../support/project.js'

/** What a supplier might try, in every place where a supplier may write. It would tell on itself by `taken`. */
export const hostile = {
  wholesaler: 'evil <img src=x onerror=window.taken=1>',
  product: '<script>window.taken=1</script><img src=x onerror="window.taken=1">',
  price: '<svg onload=window.taken=1>',
  file: 'gone <svg onload=window.taken=1>.csv',
} as const

export interface Stage {
  readonly dir: string
  readonly page: Page
  readonly browser: Browser
  readonly url: string
  /** What the browser complained of, and every address it asked that is not the server's. */
  readonly complaints: string[]
  /** Goes to a room by its address in the page, and waits for its heading. */
  enter(room: string, heading: string | RegExp): Promise<void>
  /** Leaves a job of `small` behind whose process was killed at work on it. */
  leaveStuck(): Promise<void>
  stopServer(): Promise<void>
  /** On the same port. */
  startServer(): Promise<void>
  close(): Promise<void>
}

/** Needs `dist/`. */
export async function openStage(executablePath: string): Promise<Stage> {
  const dir = mkdtempSync(join(tmpdir(), 'wholesaler-page-'))
  writeShop(dir)
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  let server = await startServer(dir, 0)
  const { url, login_url: loginUrl } = server.document
  const page = await browser.newPage({ viewport: { width: 1240, height: 860 } })
  const complaints = complaintsOf(page, url)
  await page.goto(loginUrl)
  return {
    dir,
    page,
    browser,
    url,
    complaints,
    async enter(room, heading) {
      await page.evaluate(`location.hash = ${JSON.stringify(`#/${room}`)}`)
      await page.getByRole('heading', { level: 1, name: heading }).waitFor()
    },
    leaveStuck: () => leaveStuck(dir),
    async stopServer() {
      server.child.kill('SIGTERM')
      await server.finished
    },
    async startServer() {
      server = await startServer(dir, Number(new URL(url).port))
    },
    async close() {
      await browser.close()
      server.child.kill('SIGTERM')
      await server.finished
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

/** The shop of the first example, and a feed that means no good. */
function writeShop(dir: string): void {
  cpSync(join(projectRoot, 'examples/01-csv-to-catalog'), dir, { recursive: true })
  const rows = [
    ['sku', 'name', 'price', 'images'],
    ['EVIL-1', hostile.product, '5.00', 'images/assam.jpg'],
    ['EVIL-2', 'No price', hostile.price, ''],
    ...Array.from({ length: 40 }, (_, index) => [`EVIL-${index + 3}`, `Product ${index + 3}`, '1.00', '']),
  ]
  const csv = rows.map((row) => row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',')).join('\n')
  writeFileSync(join(dir, 'evil.csv'), `${csv}\n`)
  const wholesalers = {
    small: { feed: './products.csv' },
    [hostile.wholesaler]: { feed: './evil.csv' },
    gone: { feed: `./${hostile.file}` },
  }
  writeFileSync(join(dir, 'wholesaler.config.json'), JSON.stringify({ wholesalers }))
}

interface StartedServer extends Started {
  readonly document: { readonly url: string; readonly login_url: string }
}

async function startServer(dir: string, port: number): Promise<StartedServer> {
  const started = startCli(['serve', '--port', String(port), '--json'], { cwd: dir })
  let text = ''
  started.child.stdout?.on('data', (chunk: string) => {
    text += chunk
  })
  await started.printed('"login_url"')
  await started.printed('\n}')
  return { ...started, document: JSON.parse(text) }
}

function complaintsOf(page: Page, url: string): string[] {
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', ({ message }) => void complaints.push(message))
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== url) complaints.push(`asked ${request.url()}`)
  })
  return complaints
}

/** An import whose process is killed behind its first batch. */
async function leaveStuck(dir: string): Promise<void> {
  const env = { WHOLESALER_FAILPOINT: 'batch-applied:2:kill' }
  const { code, stderr } = await runCli(['import', 'small', '--per-batch', '2'], { cwd: dir, env })
  if (code !== null) throw new Error(`the import lived: ${stderr}`)
}
