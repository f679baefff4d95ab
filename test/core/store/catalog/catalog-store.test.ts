import assert from 'node:assert/strict'
import { copyFile, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type CatalogStore, openCatalogStore } from '../../../../src/core/store/catalog/catalog-store.js'
import { storeContract } from '../../../contract/store-contract.js'
import { applyOne, batchOf, decimal, idOf, item, product, variable, variant } from '../../../contract/store-fixture.js'
import { fixedClock } from '../../../support/fixed-clock.js'
import { inTempDir } from '../../../support/temp-dir.js'
import { writeImageFile } from '../image-file.js'
import { type CatalogFixture, catalogFixture } from './catalog-fixture.js'

storeContract('catalog', catalogFixture)

function openIn(dir: string, currency: string | null = null): Promise<CatalogStore> {
  return openCatalogStore({
    path: join(dir, 'catalog.db'),
    mediaDir: join(dir, 'media'),
    currency,
    clock: fixedClock(),
  })
}

async function inCatalog(body: (fixture: CatalogFixture) => Promise<void>): Promise<void> {
  const fixture = await catalogFixture()
  try {
    await body(fixture)
  } finally {
    await fixture.close()
  }
}

describe('openCatalogStore', () => {
  it('makes a catalog for its owner only and finds everything again when it is opened anew', () =>
    inTempDir(async (dir) => {
      const first = await openIn(dir)
      const identity = await first.identity()
      const id = await idOf(first, variable('p', [variant('S', { sku: 'p-s' })]))
      await first.close()

      const second = await openIn(dir)

      assert.match(identity, /^catalog:[0-9a-f-]{36}$/)
      assert.equal(await second.identity(), identity)
      assert.equal((await second.findBySku(['p-s'])).get('p-s')?.parentId, id)
      assert.equal((await stat(join(dir, 'catalog.db'))).mode & 0o777, 0o600)
      await second.close()
    }))

  it('D13: refuses a damaged catalog and leaves it as it is', () =>
    inTempDir(async (dir) => {
      const store = await openIn(dir)
      for (let from = 0; from < 10; from++) {
        await store.apply(batchOf(Array.from({ length: 100 }, (_, index) => product(`${from}-${index}`))))
      }
      await store.close()
      const path = join(dir, 'catalog.db')
      const bytes = await readFile(path)
      const [page, middle] = [4096, Math.floor(bytes.length / 2 / 4096) * 4096]
      const damages = [
        Buffer.concat([bytes.subarray(0, middle), Buffer.alloc(2 * page, 0xa5), bytes.subarray(middle + 2 * page)]),
        bytes.subarray(0, middle),
        Buffer.alloc(bytes.length, 'garbage '),
      ]

      for (const damaged of damages) {
        await writeFile(path, damaged)
        await assert.rejects(openIn(dir), { kind: 'state_unreadable' })
        assert.ok((await readFile(path)).equals(damaged))
      }
    }))

  it('refuses a catalog of a newer release and leaves it as it is', () =>
    inCatalog(async ({ database, dir, path }) => {
      database.prepare('PRAGMA user_version = 99').run()
      const copy = join(dir, 'copy')
      await mkdir(copy)
      database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').all()
      await copyFile(path, join(copy, 'catalog.db'))
      const before = await readFile(join(copy, 'catalog.db'))

      await assert.rejects(openIn(copy), { kind: 'state_unreadable' })

      assert.ok((await readFile(join(copy, 'catalog.db'))).equals(before))
    }))

  it('D11: refuses a link', () =>
    inTempDir(async (dir) => {
      await writeFile(join(dir, 'elsewhere.db'), '')
      await symlink(join(dir, 'elsewhere.db'), join(dir, 'catalog.db'))

      await assert.rejects(openIn(dir), { kind: 'state_unreadable' })

      assert.equal((await stat(join(dir, 'elsewhere.db'))).size, 0)
    }))

  it('takes its currency from the config, and refuses another one once there are products', () =>
    inTempDir(async (dir) => {
      for (const currency of ['PLN', 'EUR']) {
        const store = await openIn(dir, currency)
        assert.equal(await store.currency(), currency)
        if (currency === 'EUR') await idOf(store, product('a'))
        await store.close()
      }

      await assert.rejects(openIn(dir, 'PLN'), { kind: 'config', message: /PLN.*EUR/ })
      const store = await openIn(dir)
      assert.equal(await store.currency(), 'EUR')
      await store.close()
    }))
})

describe('the catalog', () => {
  it('writes nothing to the file for what is unchanged but the answer itself', () =>
    inCatalog(async ({ store, database }) => {
      const products = [product('a', { attributes: [{ name: 'n', values: ['v'] }] }), variable('b', [variant('S')])]
      await store.apply(batchOf(products))
      const dump = () =>
        ['product', 'product_attribute', 'product_category', 'category', 'meta', 'job_fence'].map((table) =>
          database.prepare(`SELECT * FROM ${table}`).all(),
        )
      const before = dump()

      await store.apply(batchOf(products))

      assert.deepEqual(dump(), before)
    }))

  it('touches only the columns of price and stock when only they have changed', () =>
    inCatalog(async ({ store, database }) => {
      const full = { brand: 'Acme', categories: [['A']], attributes: [{ name: 'n', values: ['v'] }] }
      const id = await idOf(store, product('a', { ...full, price: decimal('1') }))
      database.prepare('UPDATE product SET name = \'edited by hand\', details = \'{"url":"x"}\'').run()

      await idOf(store, product('a', { ...full, price: decimal('2') }))

      const row = database.prepare<{ name: string; details: string; price: string }>(
        'SELECT name, details, price FROM product WHERE id = ?',
      )
      assert.deepEqual({ ...row.get(Number(id)) }, { name: 'edited by hand', details: '{"url":"x"}', price: '2' })
    }))

  it('rolls back a whole batch when one row cannot be written, and goes on afterwards', () =>
    inCatalog(async ({ store, database }) => {
      database
        .prepare(
          "CREATE TRIGGER fail BEFORE INSERT ON product WHEN new.name = 'bad' BEGIN SELECT RAISE(ABORT, 'no'); END",
        )
        .run()
      const categories = [['New', 'Category']]
      const batch = batchOf([product('a', { categories }), product('b', { name: 'bad' })])

      await assert.rejects(store.apply(batch))
      const after = database.prepare<{ n: number }>('SELECT count(*) AS n FROM product').get()?.n
      database.prepare('DROP TRIGGER fail').run()
      const results = await store.apply(batch)

      assert.equal(after, 0)
      assert.deepEqual(
        results.map(({ outcome }) => outcome),
        ['created', 'created'],
      )
    }))

  it('lets several processes write at once', () =>
    inCatalog(async ({ store, dir }) => {
      const others = [await openIn(dir), await openIn(dir)]

      const writes = [store, ...others].map(async (each, writer) => {
        for (let number = 0; number < 10; number++) {
          const keys = Array.from({ length: 10 }, (_, index) => `${writer}-${number}-${index}`)
          const products = keys.map((key) => product(key, { categories: [['Shared', `Sub ${number}`]] }))
          await each.apply(batchOf(products, { id: `${writer}-${number}`, jobId: writer }))
        }
      })
      await Promise.all(writes)

      const skus = [0, 1, 2].flatMap((writer) => Array.from({ length: 10 }, (_, number) => `${writer}-${number}-0`))
      assert.equal((await store.findBySku(skus)).size, skus.length)
      for (const other of others) await other.close()
    }))

  it('tells the highest number of a job or token it has seen', () =>
    inCatalog(async ({ store }) => {
      assert.equal(await store.highestNumber(), 0)

      await store.apply(batchOf([], { jobId: 7, token: 12 }))
      await store.apply(batchOf([], { jobId: 9, token: 10 }))

      assert.equal(await store.highestNumber(), 12)
    }))

  it('gives no id twice, also after a product was removed', () =>
    inCatalog(async ({ store }) => {
      const ids = new Set<string>()
      for (let round = 0; round < 3; round++) {
        const id = await idOf(store, product('a', { name: `${round}` }))
        ids.add(id)
        await store.retire({
          jobId: 1,
          token: 1,
          wholesaler: 'aren',
          products: [{ key: 'a', storeId: id }],
          how: 'delete',
        })
      }

      assert.equal(ids.size, 3)
    }))

  it('keeps text with quotes and every script as it is, and drops only NUL characters', () =>
    inCatalog(async ({ store, view }) => {
      const text = 'a "q" \'x\' ж 漢 👕 \u202e'
      const odd = product('k', { name: `\0${text}\0`, categories: [[`\0${text}`]], tags: [text] })

      const id = await idOf(store, odd)

      const seen = await view(id)
      assert.deepEqual([seen?.name, seen?.categories, seen?.tags], [text, [[text]], [text]])
      assert.equal((await applyOne(store, odd)).outcome, 'unchanged')
    }))
})

describe('the media folder', () => {
  it('has one file per image, for its owner only, and nothing is left in tmp', () =>
    inCatalog(async ({ store, putFile, mediaDir, dir }) => {
      const file = await putFile('bytes')
      const image = await store.putImage(file)
      await store.putImage(await putFile('bytes'))

      const path = join(mediaDir, image.url)
      assert.equal(image.url, `${file.sha256.slice(0, 2)}/${file.sha256}.jpg`)
      assert.equal(await readFile(path, 'utf8'), 'bytes')
      assert.equal((await stat(path)).mode & 0o777, 0o600)
      assert.equal((await stat(mediaDir)).mode & 0o777, 0o700)
      assert.deepEqual(await readdir(join(dir, 'tmp')), [])
      assert.equal((await readdir(mediaDir, { recursive: true })).length, 2)
    }))

  it('I17: takes one image from several processes at once: one file, one row, no error', () =>
    inCatalog(async ({ store, putFile, dir, mediaDir }) => {
      const other = await openIn(dir)
      const files = await Promise.all(Array.from({ length: 8 }, () => putFile('bytes')))

      const images = await Promise.all(files.map((file, index) => (index % 2 === 0 ? store : other).putImage(file)))

      assert.equal(new Set(images.map(({ id }) => id)).size, 1)
      assert.equal((await readdir(mediaDir, { recursive: true })).length, 2)
      await other.close()
    }))

  it('never has a row without its file, though another process deletes the same image (I17)', () =>
    inCatalog(async ({ store, putFile, dir }) => {
      const other = await openIn(dir)
      for (let round = 0; round < 60; round += 1) {
        const { id } = await store.putImage(await putFile('bytes'))
        const file = await putFile('bytes')

        await Promise.all([other.removeImages({ jobId: 1, token: 1 }, [id]), store.putImage(file)])

        const left = await store.listImages({ size: 10, after: null })
        assert.ok(
          left.every(({ present }) => present),
          `round ${round}`,
        )
      }
      assert.deepEqual(await readdir(join(dir, 'tmp')), [])
      await other.close()
    }))

  it('gets a file back that was deleted or emptied, under its old id', () =>
    inCatalog(async ({ store, putFile, mediaDir }) => {
      const image = await store.putImage(await putFile('bytes'))
      const path = join(mediaDir, image.url)

      for (const damage of [() => rm(path), () => writeFile(path, '')]) {
        await damage()
        assert.equal((await store.hasImages([image.id])).size, 0)

        const healed = await store.putImage(await putFile('bytes'))

        assert.equal(healed.id, image.id)
        assert.equal(await readFile(path, 'utf8'), 'bytes')
        assert.equal((await store.hasImages([image.id])).size, 1)
      }
    }))

  it('I8: names files by hash and kind only', () =>
    inCatalog(async ({ store, putFile, mediaDir, dir }) => {
      const file = await putFile('bytes')

      for (const wrong of [{ sha256: '../../x' }, { sha256: file.sha256.toUpperCase() }, { extension: '../php' }]) {
        await assert.rejects(store.putImage({ ...file, ...wrong }), { kind: 'unexpected' })
      }

      assert.deepEqual((await readdir(dir)).includes('media'), false, mediaDir)
    }))

  it('says which image could not be stored when its file is gone', () =>
    inCatalog(async ({ store, dir }) => {
      await writeFile(join(dir, 'x'), '')
      const file = await writeImageFile(join(dir, 'gone'), 'bytes')
      await rm(join(dir, 'gone'))

      await assert.rejects(store.putImage(file), { kind: 'unexpected', message: /cannot be stored/ })
      assert.equal((await store.hasImages(['1'])).size, 0)
    }))

  it('notices a lost image of a variant too', () =>
    inCatalog(async ({ store, putFile, loseImage }) => {
      const one = variable('p', [variant('S')])
      const id = await idOf(store, one)
      const image = await store.putImage(await putFile('bytes'))
      const link = { imageId: image.id, originalUrl: 'u' }
      await store.setImages({ jobId: 1, token: 1 }, id, { gallery: [], variants: { S: link } })
      await loseImage(image.id)

      const [state] = await store.verify([{ ...item(one), storeId: id }])

      assert.deepEqual(state, { exists: true, asImported: true, imagesPresent: false })
    }))

  it('notices an image that somebody took off a product, and none that somebody added', () =>
    inCatalog(async ({ store, putFile, database }) => {
      const one = product('p')
      const id = await idOf(store, one)
      const files = await Promise.all(
        ['one', 'two', 'three'].map(async (bytes) => store.putImage(await putFile(bytes))),
      )
      const [first, second, third] = files.map((image) => ({ imageId: image.id, originalUrl: image.id }))
      assert.ok(first !== undefined && second !== undefined && third !== undefined)
      const allPresent = async () => (await store.verify([{ ...item(one), storeId: id }]))[0]?.imagesPresent
      await store.setImages({ jobId: 1, token: 1 }, id, { gallery: [first, second], variants: {} })
      assert.equal(await allPresent(), true)

      database
        .prepare('INSERT INTO product_image VALUES (?, 2, ?, ?, NULL)')
        .run(Number(id), Number(third.imageId), 'x')
      assert.equal(await allPresent(), true)
      database.prepare('DELETE FROM product_image WHERE position > 0').run()
      assert.equal(await allPresent(), false)
    }))
})

describe('the media folder', () => {
  it('names files that no image names, whatever they are called', () =>
    inCatalog(async ({ store, putFile, mediaDir }) => {
      const { url } = await store.putImage(await putFile('1'))
      const orphan = `${'ab'.repeat(32)}.jpg`
      await mkdir(join(mediaDir, 'ab'), { recursive: true })
      await writeFile(join(mediaDir, 'ab', orphan), 'a whole file without a row')
      await writeFile(join(mediaDir, 'notes.txt'), 'by hand')
      await writeFile(join(mediaDir, url.slice(0, 2), '.5f2c.tmp'), 'half')

      const stray = await store.strayFiles()

      assert.deepEqual(
        new Map(stray.map(({ url: name, bytes }) => [name, bytes])),
        new Map([
          [`${url.slice(0, 2)}/.5f2c.tmp`, 4],
          [`ab/${orphan}`, 26],
          ['notes.txt', 7],
        ]),
      )
    }))

  it('has no stray files before the first image', () =>
    inCatalog(async ({ store }) => assert.deepEqual(await store.strayFiles(), [])))
})
