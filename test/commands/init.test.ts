import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { type Asker, openAsker } from '../../src/cli/ask.js'
import { type InitFlags, runInit } from '../../src/cli/run-init-command.js'
import { runCli } from '../cli/run-cli.js'
import { certificate } from '../support/certificate.js'
import { shopCredentials } from '../support/woocommerce/credentials.js'
import { withShop } from '../support/woocommerce/shop-server.js'
import { csvFeed, inWorkplace } from './workplace.js'

const noFlags: InitFlags = { force: false, offline: true }

/** Answers in this order; `null` where a secret is asked for unseen. */
function scripted(answers: readonly string[]): Asker & { readonly asked: string[] } {
  const left = [...answers]
  const asked: string[] = []
  return {
    asked,
    ask: async (question, { secret = false, fallback = '', check = () => null } = {}) => {
      asked.push(secret ? `${question} (unseen)` : question)
      const answer = left.shift() ?? ''
      const taken = answer === '' ? fallback : answer
      assert.equal(check(taken), null, `${question}: ${taken}`)
      return taken
    },
    close: () => {},
  }
}

const modeOf = (path: string) => statSync(path).mode & 0o777

describe('init', function () {
  this.timeout(60_000)

  it('makes a config by flags and environment that imports, checked against the shop, and shows no secret', function () {
    const tls = certificate(this)
    return withShop({ tls, currency: 'PLN' }, (shop) =>
      inWorkplace(async (place) => {
        await place.write('goods.csv', csvFeed(['A', 'B']))
        const authority = await place.write('authority.pem', tls.cert)
        const { user, password } = shopCredentials
        const env = {
          WHOLESALER_WP_USER: user,
          WHOLESALER_WP_APP_PASSWORD: password,
          NODE_EXTRA_CA_CERTS: authority,
        }
        const run = (...args: string[]) => runCli([...args, '--json'], { cwd: place.dir, env })

        const made = await run('init', '--shop', `${shop.url}/`, '--feed', './goods.csv', '--as', 'goods')

        assert.equal(made.code, 0, made.stdout + made.stderr)
        const { config, environment, checks } = JSON.parse(made.stdout)
        assert.deepEqual([config, environment], [place.path('wholesaler.config.mjs'), null])
        const found = (id: string) => checks.find((check: { id: string }) => check.id === id)?.status
        assert.deepEqual([found('shop'), found('shop:media'), found('feed:goods')], ['ok', 'ok', 'ok'])
        assert.equal(modeOf(config), 0o600)
        assert.doesNotMatch(readFileSync(config, 'utf8') + made.stdout + made.stderr, /abcd|EFGH/)
        assert.equal((await run('import')).code, 0)
        assert.deepEqual([...shop.state.products.values()].map(({ sku }) => sku).sort(), ['A', 'B'])

        const again = await run('init', '--feed', './goods.csv')
        assert.equal(again.code, 2)
        assert.match(again.stdout, /there is one already.*--force/s)
      }),
    )
  })

  it('asks nobody where there is no terminal: what is missing is told, and nothing is written', () =>
    inWorkplace(async ({ dir, path }) => {
      const { code, stderr } = await runCli(['init', '--shop', 'https://shop.example.com'], { cwd: dir })

      assert.equal(code, 2)
      assert.match(stderr, /WHOLESALER_WP_USER and WHOLESALER_WP_APP_PASSWORD/)
      assert.equal(existsSync(path('wholesaler.config.mjs')), false)
    }))

  it('asks a person for what is missing, secrets unseen, and keeps those in a file of their own that a shell reads', () =>
    inWorkplace(async ({ dir, path }) => {
      const asker = scripted(['https://shop.example.com/wp-json/', 'importer', "it's $a `b` \\c", './offer.xml', ''])

      const { config, environment } = await runInit({ flags: noFlags, cwd: dir, env: {}, asker })

      assert.deepEqual(
        asker.asked.filter((question) => question.endsWith('(unseen)')),
        ['Application password (unseen)'],
      )
      assert.deepEqual([config, environment], [path('wholesaler.config.mjs'), path('wholesaler.env')])
      assert.deepEqual([modeOf(config), modeOf(path('wholesaler.env'))], [0o600, 0o600])
      const { default: said } = await import(config)
      assert.deepEqual(said, {
        store: { type: 'woocommerce', url: 'https://shop.example.com', images: 'upload' },
        wholesalers: { offer: { feed: './offer.xml' } },
      })
      const shell = spawnSync('sh', ['-c', '. ./wholesaler.env; printf %s "$WHOLESALER_WP_APP_PASSWORD"'], { cwd: dir })
      assert.equal(shell.stdout.toString(), "it's $a `b` \\c")
    }))

  it('takes a consumer key where there is no application password, over http always, and images by the shop then', () =>
    inWorkplace(async ({ dir }) => {
      const env = {}
      const asker = scripted(['http://shop.example.com', 'ck_1', 'cs_2', ''])

      const { config } = await runInit({ flags: noFlags, cwd: dir, env, asker })

      assert.deepEqual(env, { WHOLESALER_WC_KEY: 'ck_1', WHOLESALER_WC_SECRET: 'cs_2' })
      assert.match(readFileSync(config, 'utf8'), /images: "src"/)
    }))

  it('replaces its own config when told to, and none of another name', () =>
    inWorkplace(async ({ dir, write }) => {
      const init = (feed: string) =>
        runInit({ flags: { ...noFlags, feed, shop: '', force: true }, cwd: dir, env: {}, asker: null })
      await init('one.csv')
      const { config } = await init('two.csv')
      assert.match(readFileSync(config, 'utf8'), /"two": \{ feed: "two.csv" \}/)

      await write('wholesaler.config.js', 'export default {}')
      await assert.rejects(init('three.csv'), { kind: 'usage', message: /would be used instead/ })
    }))

  it('refuses credentials in addresses, which would stand in the config', () =>
    inWorkplace(async ({ dir }) => {
      for (const flags of [{ feed: 'https://me:pa55@example.com/a.csv' }, { shop: 'https://me:pa55@example.com' }]) {
        await assert.rejects(
          runInit({ flags: { ...noFlags, ...flags }, cwd: dir, env: {}, asker: null }),
          (error: Error) => !error.message.includes('pa55') && 'kind' in error && error.kind === 'usage',
        )
      }
    }))
})

describe('a question at a terminal', () => {
  it('is asked again until the answer will do, and a secret is not shown as it is typed', async () => {
    const [keys, screen] = [new PassThrough(), new PassThrough()]
    const asker = openAsker(keys, screen)
    keys.write('wrong\nright\n')
    assert.equal(await asker.ask('Which', { check: (answer) => (answer === 'right' ? null : 'Not that.') }), 'right')

    const secret = asker.ask('Password', { secret: true })
    keys.write('s3cret\n')
    assert.equal(await secret, 's3cret')
    keys.write('\n')
    assert.equal(await asker.ask('Name', { fallback: 'aren' }), 'aren')
    asker.close()
    screen.end()

    const shown = await text(screen)
    assert.match(shown, /Not that\./)
    assert.match(shown, /Name \[aren\]: /)
    assert.doesNotMatch(shown, /s3cret/)
  })

  it('ends as interrupted when the terminal is gone', async () => {
    const keys = new PassThrough()
    const asker = openAsker(keys, new PassThrough())
    const asked = asker.ask('Which')
    keys.end()

    await assert.rejects(asked, { kind: 'interrupted' })
  })
})
