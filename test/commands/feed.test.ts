import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import type { DiffDocument, InspectDocument } from '../../src/cli/documents.js'
import { realFeed } from '../support/feeds.js'
import { inWorkplace, type Workplace } from './workplace.js'

async function inspect(place: Workplace, ...args: string[]): Promise<InspectDocument> {
  const { stdout, stderr } = await place.run('feed', 'inspect', ...args, '--json')
  assert.notEqual(stdout, '', stderr)
  return JSON.parse(stdout)
}

async function diff(place: Workplace, ...args: string[]): Promise<DiffDocument> {
  const { stdout, stderr } = await place.run('feed', 'diff', ...args, '--json')
  assert.notEqual(stdout, '', stderr)
  return JSON.parse(stdout)
}

const csv = `﻿Code;Title;Cena;Foto;Uwagi\r
A-1;Kubek;12,50;https://img.example/1.jpg;\r
A-2;Talerz;8,00;https://img.example/2.jpg;nowy\r
A-3;;8,00;;\r
A-4;Miska;9,90;https://img.example/4.jpg;\r
`

describe('feed inspect', function () {
  this.timeout(120_000)

  it('tells a stranger what his feed is, what each column holds and becomes, and what would be rejected', () =>
    inWorkplace(async (place) => {
      await place.write('oferta.csv', csv)

      const document = await inspect(place, 'oferta.csv')
      const { stdout: text } = await place.run('feed', 'inspect', 'oferta.csv')

      assert.deepEqual(document.encoding, { declared: 'utf-8', real: 'utf-8' })
      assert.deepEqual(document.dialect, { delimiter: ';', quote: '"', bom: true, newline: '\r\n' })
      assert.equal(document.preset.name, 'generic')
      assert.match(document.preset.reason, /names are understood/)
      assert.deepEqual(
        document.columns.map(({ path, share, kind, read_as }) => [path, share, kind, read_as.join()]),
        [
          ['Code', 1, 'text', 'sku,id'],
          ['Title', 0.75, 'text', 'name'],
          ['Cena', 1, 'number', 'price'],
          ['Foto', 0.75, 'url', 'images'],
          ['Uwagi', 0.25, 'text', ''],
        ],
      )
      assert.deepEqual(document.columns[2]?.examples, ['12,50', '8,00', '9,90'])
      assert.deepEqual(document.reject_codes, { no_name: 1 })
      assert.equal(document.rejects[0]?.line, 4)
      for (const part of [
        /^Encoding {2}utf-8, as declared$/m,
        /delimiter ";".*CRLF, BOM/,
        /^Title +75 % +text +name/m,
      ]) {
        assert.match(text, part)
      }
      assert.match(text, /Rejects: 1 \(1 no_name\)\nline 4, record 3 {2}there is no name/)
    }))

  for (const [name, ...flags] of [
    ['google/google_rss_opispost.xml.gz'],
    ['csv/adidas_845_images_tilde.csv'],
    ['yml/BROKEN_declares_utf8_is_windows-1251.yml.gz', '--lenient'],
  ] as const) {
    it(`gives a config for ${name} that imports what it showed`, async function () {
      const path = realFeed(this, name)
      await inWorkplace(async (place) => {
        const { config, feed } = await inspect(place, path, ...flags)
        await place.write('wholesaler.config.mjs', config)

        const imported = await place.importJson('--no-images')

        const { products, variants, images, rejects } = imported.feed
        assert.deepEqual(
          [products, variants, images, rejects],
          [feed.products, feed.variants, feed.images, feed.rejects],
          imported.error?.message,
        )
        assert.equal(imported.job?.total_created, feed.products)
      })
    })
  }
})

describe('feed diff', function () {
  this.timeout(60_000)

  it('tells added, removed and changed products with the fields that changed, in any order of the feeds', () =>
    inWorkplace(async (place) => {
      await place.write('old.csv', 'sku,name,price,stock\na,A,1,5\nb,B,2,5\nc,C,3,5\nd,D,4,5\n')
      await place.write('new.csv', 'sku,name,price,stock\nd,D,4.00,5\ne,E,5,5\nb,Bee,2,0\na,A,1,5\n')

      const document = await diff(place, 'old.csv', 'new.csv')
      const { stdout: text } = await place.run('feed', 'diff', 'old.csv', 'new.csv', '--limit', '2')

      const { added, removed, changed, unchanged } = document
      assert.deepEqual([added, removed, changed, unchanged], [1, 1, 1, 2])
      assert.deepEqual(document.changed_fields, { name: 1, stock: 1 })
      assert.deepEqual(document.products, [
        { change: 'added', key: 'e', sku: 'e', name: 'E', fields: [] },
        {
          change: 'changed',
          key: 'b',
          sku: 'b',
          name: 'Bee',
          fields: [
            { field: 'name', old: 'B', new: 'Bee' },
            { field: 'stock', old: '5', new: '0' },
          ],
        },
        { change: 'removed', key: 'c', sku: 'c', name: 'C', fields: [] },
      ])
      assert.match(text, /\+ e {2}E\n~ b {2}Bee\n {4}name: B → Bee\n {4}stock: 5 → 0\n… and 1 more; --limit/)
    }))

  it('counts what differs between two nights of a real feed', async function () {
    const [old, next] = [realFeed(this, 'ceneo/ceneo_2025-12-10.xml'), realFeed(this, 'ceneo/ceneo_2025-12-17.xml')]
    const [before, after] = await Promise.all([old, next].map(async (path) => offersOf(await readFile(path, 'utf8'))))
    assert.ok(before !== undefined && after !== undefined)

    await inWorkplace(async (place) => {
      const { added, removed, changed_fields: fields } = await diff(place, old, next)

      assert.equal(added, [...after.keys()].filter((id) => !before.has(id)).length)
      assert.equal(removed, [...before.keys()].filter((id) => !after.has(id)).length)
      const repriced = [...after].filter(([id, price]) => before.has(id) && Number(before.get(id)) !== Number(price))
      assert.equal(fields.price, repriced.length)
    })
  })
})

/** Price of each offer, found without the importer. */
function offersOf(xml: string): ReadonlyMap<string, string> {
  return new Map(
    [...xml.matchAll(/<o\s[^>]*>/g)].map(([tag]) => [
      /\sid="([^"]*)"/.exec(tag)?.[1] ?? '',
      /\sprice="([^"]*)"/.exec(tag)?.[1] ?? '',
    ]),
  )
}
