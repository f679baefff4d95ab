/** The page in a real browser, before the real program with real jobs. */
import assert from 'node:assert/strict'
import axe from 'axe-core'
import type { Locator, Page } from 'playwright-core'
import { chromiumPath } from '../support/chromium.js'
import { hostile, openStage, type Stage } from './page-stage.js'

/** Milliseconds for whatever the page waits for: a busy machine needs them. */
const patienceMs = 60_000

const desktop = { width: 1240, height: 860 }
const phone = { width: 390, height: 844 }

/** Address and heading of each room, as they are once all jobs of these tests are done. */
const rooms = [
  ['', 'Nothing at work'],
  ['jobs/1', /^Job 1: /],
  ['jobs/999', 'Job 999'],
  ['stuck', 'Stuck jobs'],
  ['import', 'Start an import'],
  ['images/MUG', 'Images of a product'],
  ['duplicates', 'Duplicate images'],
  ['speed', 'Speed'],
] as const

describe('the page', function () {
  this.timeout(180_000)
  let stage: Stage
  let page: Page
  /** Address of the job that was started here. */
  let evilJob: string

  before(async function () {
    stage = await openStage(chromiumPath(this))
    page = stage.page
    page.setDefaultTimeout(patienceMs)
  })

  after(async () => {
    await stage?.close()
  })

  it('lets a browser in by the link that serve printed, and says that it is live', async () => {
    await page.getByRole('heading', { level: 1, name: 'Nothing at work' }).waitFor()
    await page.getByText('live', { exact: true }).waitFor()

    assert.equal(page.url(), `${stage.url}/`)
  })

  it('says what was seen of a stuck job, and recovers it', async () => {
    await stage.leaveStuck()
    await stage.enter('stuck', 'Stuck jobs')
    const card = page.getByRole('listitem').filter({ hasText: 'Job 1' })
    await card.getByText(/^process \d+ is gone$/).waitFor()
    assert.deepEqual(await faultsOf(page, 'stuck'), [])

    await card.getByRole('button', { name: 'Recover job 1' }).click()

    await page.getByText('No job is stuck').waitFor()
    await stage.enter('jobs/1', 'Job 1: small')
    await page.getByText('Done', { exact: true }).waitFor()
    assert.match(await textOf(page.locator('.history')), /started by process \d+/)
  })

  it('starts an import and shows it to its end, with its batches and errors', async () => {
    await stage.enter('import', 'Start an import')
    await page.getByLabel('small').uncheck()
    await page.getByLabel('Products in a batch').fill('10')
    await page.getByRole('button', { name: 'Start the import' }).click()

    await page.getByRole('heading', { level: 1, name: hostile.wholesaler }).waitFor()
    await page.getByText('Done, some failed', { exact: true }).waitFor()
    evilJob = new URL(page.url()).hash.slice('#/'.length)
    await page
      .getByRole('table', { name: /^Batches/ })
      .getByRole('row')
      .nth(5)
      .waitFor()
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download the rejects' }).click(),
    ])
    assert.match(download.suggestedFilename(), /^rejects-\d+\.csv$/)
    await page.getByRole('button', { name: 'Show the log' }).click()
    await page.getByRole('region', { name: /^Log of job/ }).waitFor()
  })

  it('runs a job again, as a job of its own, and goes to it', async () => {
    await stage.enter(evilJob, hostile.wholesaler)
    const title = await textOf(page.getByRole('heading', { level: 1 }))
    await page.getByRole('button', { name: /^Run again/ }).click()

    await page.getByRole('heading', { level: 1, name: title }).waitFor({ state: 'detached' })
    await page.getByRole('heading', { level: 1, name: hostile.wholesaler }).waitFor()
    await page.getByText('completed', { exact: true }).first().waitFor()
  })

  it('refuses an import of no wholesaler at all, and says why', async () => {
    await stage.enter('import', 'Start an import')
    for (const name of ['small', 'gone', hostile.wholesaler]) await page.getByLabel(name).first().uncheck()

    await page.getByRole('button', { name: 'Start the import' }).click()

    await page.getByRole('alert').getByText('Choose at least one wholesaler').waitFor()
  })

  it("shows a product's images, found by its SKU", async () => {
    await stage.enter('images', 'Images of a product')
    await page.getByLabel('SKU').fill('MUG')
    await page.getByLabel('SKU').press('Enter')

    await page.getByRole('heading', { level: 2, name: 'Stoneware mug, 350 ml' }).waitFor()
    const featured = page.getByRole('img', { name: 'Stoneware mug, 350 ml, featured' })
    await until(async () => (await featured.evaluate((image: { naturalWidth: number }) => image.naturalWidth)) > 0)
  })

  it('says so when no product has that SKU', async () => {
    await stage.enter('images/NOBODY', 'Images of a product')

    await page.getByRole('alert').getByText('no such product').waitFor()
    // A browser logs every answer that is an error.
    takeComplaints(stage, /404/)
  })

  it('plots how fast batches went, with the same numbers as a table', async () => {
    await stage.enter('speed', 'Speed')
    await page.getByRole('img', { name: /^Products per second/ }).waitFor()
    await page.getByText('The same as a table').click()

    const rows = page.getByRole('table', { name: 'Finished batches' }).getByRole('row')
    const dots = page.getByRole('img', { name: /^Duration of a batch/ }).locator('.dot')
    await dots.first().waitFor()
    assert.equal(await rows.count(), (await dots.count()) + 1, 'a row for each point, and the titles')
  })

  it('shows what suppliers write as the text that it is', async () => {
    await stage.enter('', 'Nothing at work')
    await page.getByRole('link', { name: hostile.wholesaler }).first().waitFor()
    await stage.enter(evilJob, hostile.wholesaler)
    await page.locator('.errors').getByText(hostile.file).waitFor()
    await stage.enter('images/EVIL-1', 'Images of a product')
    await page.getByRole('heading', { level: 2, name: hostile.product }).waitFor()
    await stage.enter('import', 'Start an import')
    await page.locator('main').getByText(hostile.wholesaler).waitFor()

    assert.equal(await page.evaluate('window.taken'), undefined)
    assert.equal(await page.locator('main script, main [onerror], main [src=x]').count(), 0)
  })

  it('keeps the focus where it is while news come in, and takes it along to another room', async () => {
    await stage.enter('', 'Nothing at work')
    const link = page.getByRole('link', { name: /^Job 1 / })
    await link.focus()
    await stage.page.request.post(`${stage.url}/api/import`, {
      data: { wholesaler: ['small'] },
      headers: { origin: stage.url },
    })
    await page.getByRole('row', { name: /small .*nothing to do/ }).waitFor()
    assert.ok(await isFocused(link), 'the list got a row on top of it')
    await page
      .getByRole('status')
      .getByText(/Job \d+, small: Done/)
      .waitFor()

    await link.press('Enter')
    const title = page.getByRole('heading', { level: 1, name: 'Job 1: small' })
    await title.waitFor()
    assert.ok(await isFocused(title))
  })

  it('can be walked by keys alone: the first one leads to the content', async () => {
    await page.goto(`${stage.url}/#/import`)
    await page.reload()
    await page.getByLabel('small').waitFor()

    await page.keyboard.press('Tab')
    assert.ok(await isFocused(page.getByRole('link', { name: 'Skip to the content' })))
    await page.keyboard.press('Enter')
    assert.ok(await isFocused(page.locator('main')))
    await page.keyboard.press('Tab')
    assert.ok(await isFocused(page.getByLabel('small')))
    assert.equal(new URL(page.url()).hash, '#/import', 'the room is still that of the address')
  })

  it('has nothing that a checker of accessibility would complain of, at a desk, on a phone, light and dark', async () => {
    const found: string[] = []
    for (const [room, heading] of [...rooms, [evilJob, hostile.wholesaler] as const]) {
      await stage.enter(room, heading)
      await page
        .getByText(/^Looking/)
        .first()
        .waitFor({ state: 'hidden' })
      found.push(...(await faultsOf(page, room)))
    }
    takeComplaints(stage, /404/)

    assert.deepEqual(found, [])
  })

  it('says what it is for where scripts are off', async () => {
    const context = await stage.browser.newContext({
      javaScriptEnabled: false,
      storageState: await page.context().storageState(),
    })
    const bare = await context.newPage()
    await bare.goto(stage.url)

    assert.match((await bare.locator('main').textContent()) ?? '', /needs JavaScript/)
    await context.close()
  })

  it('tells a browser that is not signed in how it gets in, in words', async () => {
    const context = await stage.browser.newContext()
    const stranger = await context.newPage()
    const answer = await stranger.goto(stage.url)

    assert.equal(answer?.status(), 401)
    await stranger.getByRole('heading', { level: 1, name: 'This browser is not signed in' }).waitFor()
    await stranger.getByText(`curl -X POST ${stage.url}/api/login-link`).waitFor()
    assert.deepEqual(await violationsOf(stranger, false), [])
    await context.close()
  })

  it('asked no other host and made the browser complain of nothing', () => {
    assert.deepEqual(stage.complaints, [])
  })

  it('says when the server is gone, and comes back by itself with it', async () => {
    await stage.enter('', 'Nothing at work')
    await stage.stopServer()
    await page.getByRole('alert').getByText('The connection is lost').waitFor()

    await stage.startServer()

    await page.getByText('live', { exact: true }).waitFor()
    assert.equal(await page.getByText('The connection is lost').isVisible(), false)
  })
})

async function textOf(locator: Locator): Promise<string> {
  return (await locator.textContent()) ?? ''
}

async function isFocused(locator: Locator): Promise<boolean> {
  return await locator.evaluate(
    (element: { ownerDocument: { activeElement: unknown } }) => element.ownerDocument.activeElement === element,
  )
}

/** Takes expected complaints away, so that the last test sees only the others. */
function takeComplaints({ complaints }: Stage, expected: RegExp): void {
  const others = complaints.filter((complaint) => !expected.test(complaint))
  complaints.splice(0, complaints.length, ...others)
}

/** What is wrong with a room for those who do not see, hear, point or read as others do, at each size and in each light. */
async function faultsOf(page: Page, room: string): Promise<readonly string[]> {
  const found: string[] = []
  for (const size of [desktop, phone]) {
    await page.setViewportSize(size)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      const violations = await violationsOf(page, colorScheme === 'dark')
      found.push(...violations.map((violation) => `${room}, ${size.width}, ${colorScheme}: ${violation}`))
    }
    const tooWide = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
    if (Number(tooWide) > 0) found.push(`${room} is wider than ${size.width}`)
  }
  await page.setViewportSize(desktop)
  await page.emulateMedia({ colorScheme: 'light' })
  return found
}

/** In the dark only colours are others. */
async function violationsOf(page: Page, onlyColors: boolean): Promise<readonly string[]> {
  // Not as a script of the page, which its policy would refuse.
  if (!(await page.evaluate("'axe' in window"))) await page.evaluate(`${axe.source};0`)
  const { violations } = (await page.evaluate(
    `axe.run(${onlyColors ? "{ runOnly: ['color-contrast'] }" : ''})`,
  )) as axe.AxeResults
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' ')}`)
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const endMs = Date.now() + patienceMs
  while (!(await isSo())) if (Date.now() > endMs) throw new Error('it did not come about')
}
