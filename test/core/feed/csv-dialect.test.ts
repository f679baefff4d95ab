import assert from 'node:assert/strict'
import { sniffDialect } from '../../../src/core/feed/csv-dialect.js'

const sniff = (text: string) => sniffDialect(text, false)

describe('sniffDialect', () => {
  for (const delimiter of [',', ';', '\t', '|', '^', '~']) {
    it(`finds ${JSON.stringify(delimiter)}`, () => {
      const rows = [
        ['sku', 'name', 'price'],
        ['1', 'A', '2'],
        ['2', 'B', '3'],
      ]

      assert.equal(sniff(rows.map((row) => row.join(delimiter)).join('\n')).delimiter, delimiter)
    })
  }

  for (const [name, delimiter, text] of [
    ['decimal commas in a table of semicolons', ';', 'sku;price\n1;2,50\n2;3,50\n'],
    ['a comma in a header of semicolons', ';', 'sku;price, EUR\n1;2,50\n2;3,50\n'],
    ['list separators named in a header of commas', ',', 'id,"Categories (x;y)"\n1,a;b\n2,c;d\n'],
    ['unquoted list separators in a header of commas', ',', 'id,Categories (x;y)\n1,a;b\n2,c;d\n'],
    ['line ends and delimiters inside of quotes', ',', 'sku,html\n1,"a;b\nc;d\ne;f"\n2,"g;h;i"\n'],
    ['pipes as list separators', ',', 'sku,images,name\n1,a|b|c,x\n2,d|e,y\n'],
    ['rows that are shorter than the header', ';', 'a;b;c;d\n1;2\n1;2;3\n1;2;3;4\n'],
    ['a header alone', ';', 'sku;name;price'],
    ["Excel's sep line", '|', 'sep=|\nsku|name,x\n1|a,b\n'],
  ] as const) {
    it(`is not misled by ${name}`, () => {
      assert.equal(sniff(text).delimiter, delimiter)
    })
  }

  it('leaves a single column whole', () => {
    assert.equal(sniff('sku\n1\n2\n').delimiter, ',')
    assert.notEqual(sniff('name, full\nA\nB\nC\n').delimiter, ',')
  })

  it('takes single quotes when every header cell stands in them', () => {
    assert.equal(sniff("'sku';'name'\n'1';'A;B'\n").quote, "'")
    assert.equal(sniff("sku;name\n1;l'eau\n").quote, '"')
  })

  it('reports the most frequent line end', () => {
    assert.equal(sniff('a,b\r\n1,2\r\n3,4\n').newline, '\r\n')
    assert.equal(sniff('a,b\n1,"x\r\ny\r\nz\r\n"\n').newline, '\n')
    assert.equal(sniff('a,b\r1,2\r').newline, '\r')
  })

  it('takes a bare CR for a row end only where the rows between are whole', () => {
    assert.equal(sniff('a,b\r1,2\r3,4').bareReturnEndsRow, true)
    assert.equal(sniff('a,b\n1,2\r3,4\n').bareReturnEndsRow, true)
    assert.equal(sniff('a,b,c\n1,x\ry,3\n').bareReturnEndsRow, false)
  })

  it('takes what is said as said', () => {
    const dialect = sniffDialect('a,b\n1,2\n', true, { delimiter: ';', quote: "'" })

    assert.deepEqual(dialect, { delimiter: ';', quote: "'", bom: true, newline: '\n', bareReturnEndsRow: false })
  })
})
