/** Large feeds for the benchmarks: 15 fields a record, descriptions with markup and line ends, no two alike. */

import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'

/**
 * `returns.csv`: its rows end with carriage returns. `stray.csv`: every twentieth row has a quote that opens no cell, so that
 * csv-parse reads it and some around it.
 */
export type BenchFormat = 'csv' | 'returns.csv' | 'stray.csv' | 'xml' | 'ndjson'

const strayEvery = 20

interface Row {
  readonly sku: string
  readonly name: string
  readonly description: string
  readonly price: string
  readonly stock: string
  readonly brand: string
  readonly category: string
  readonly image: string
  readonly ean: string
  readonly weight: string
  readonly color: string
  readonly size: string
  readonly material: string
  readonly url: string
  readonly vat: string
}

const columns = [
  'sku',
  'name',
  'description',
  'price',
  'stock',
  'brand',
  'category',
  'image',
  'ean',
  'weight',
  'color',
  'size',
  'material',
  'url',
  'vat',
] as const satisfies readonly (keyof Row)[]

/** Records gathered before they are written to the file. */
const recordsPerWrite = 2000

function row(i: number, isChanged: boolean): Row {
  return {
    sku: `SKU-${String(i).padStart(8, '0')}`,
    name: `Product ${i}, "boxed"${isChanged ? ' anew' : ''}`,
    description: `<p>Line one of product ${i}.</p>\n<ul>\n<li>strong</li>\n<li>light, and "quoted"</li>\n</ul>`,
    price: `${(i * 7) % 900}.${String(i % 100).padStart(2, '0')}`,
    stock: String(i % 250),
    brand: `Brand ${i % 40}`,
    category: `Home > Room ${i % 12} > Shelf ${i % 90}`,
    image: `https://img.example.com/${i % 100}/${i}.jpg`,
    ean: String(4000000000000 + i),
    weight: `${(i % 50) / 10}`,
    color: ['red', 'blue', 'green', 'black'][i % 4] ?? '',
    size: ['S', 'M', 'L', 'XL'][i % 4] ?? '',
    material: 'cotton',
    url: `https://example.com/p/${i}`,
    vat: '23',
  }
}

const csvRow = (r: Row) => `${columns.map((c) => quoted(r[c])).join(',')}\n`
const quoted = (cell: string) => (/[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)
const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')

const writers: Record<BenchFormat, { head: string; record: (row: Row, i: number) => string; tail: string }> = {
  csv: { head: `${columns.join(',')}\n`, record: csvRow, tail: '' },
  'returns.csv': { head: `${columns.join(',')}\r`, record: (r) => csvRow(r).replace(/\n$/, '\r'), tail: '' },
  'stray.csv': {
    head: `${columns.join(',')}\n`,
    record: (r, i) => (i % strayEvery === 0 ? csvRow(r).replace(',Brand ', ',Brand 19" ') : csvRow(r)),
    tail: '',
  },
  ndjson: { head: '', record: (r) => `${JSON.stringify(r)}\n`, tail: '' },
  xml: {
    head: '<?xml version="1.0" encoding="UTF-8"?>\n<offers>\n',
    record: (r) =>
      `<o id="${r.sku}" url="${r.url}" price="${r.price}" avail="1" stock="${r.stock}" weight="${r.weight}">` +
      `<cat>${escaped(r.category)}</cat><name>${escaped(r.name)}</name><desc><![CDATA[${r.description}]]></desc>` +
      `<imgs><main url="${r.image}"/></imgs><attrs><a name="Producent">${r.brand}</a><a name="EAN">${r.ean}</a>` +
      `<a name="Kolor">${r.color}</a><a name="Rozmiar">${r.size}</a><a name="Material">${r.material}</a></attrs></o>\n`,
    tail: '</offers>\n',
  },
}

/** Writes a feed of `rows` records to `path`; those whose numbers are named have another name. */
export async function makeFeed(
  path: string,
  format: BenchFormat,
  rows: number,
  isChanged: (i: number) => boolean = () => false,
): Promise<void> {
  const { head, record, tail } = writers[format]
  const file = createWriteStream(path)
  file.write(head)
  for (let start = 0; start < rows; start += recordsPerWrite) {
    let text = ''
    for (let i = start; i < Math.min(rows, start + recordsPerWrite); i += 1) text += record(row(i, isChanged(i)), i)
    if (!file.write(text)) await once(file, 'drain')
  }
  file.end(tail)
  await finished(file)
}
