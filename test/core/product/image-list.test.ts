import assert from 'node:assert/strict'
import fc from 'fast-check'
import { imageRefs, splitImages } from '../../../src/core/product/image-list.js'

const a = 'https://x.example/w_600,f_auto/a.jpg?v=1|2'
const b = 'https://x.example/b;c.jpg'

describe('splitImages', () => {
  it('cuts where the next URL begins, whatever separates them', () => {
    for (const separator of ['|', ';', ',', ', ', '~', ' | ', '\n', ' ']) {
      assert.deepEqual(splitImages([a, b, a].join(separator)), [a, b, a], JSON.stringify(separator))
    }
  })

  it('leaves separators inside a URL alone', () => {
    for (const url of [a, b, 'https://x.example/a,b,c.jpg']) assert.deepEqual(splitImages(url), [url])
  })

  it('cuts files off that follow a URL in its list', () => {
    const url = 'https://x.example/a.jpg'
    assert.deepEqual(splitImages(`${url}|local/b.jpg|${url}|../c d.png`), [url, 'local/b.jpg', url, '../c d.png'])
    assert.deepEqual(splitImages(`${url};b.webp`), [url, 'b.webp'])
  })

  it('cuts bare names, at commas only when all look like images', () => {
    assert.deepEqual(splitImages('a.jpg|b.png'), ['a.jpg', 'b.png'])
    assert.deepEqual(splitImages('a.jpg, b.png'), ['a.jpg', 'b.png'])
    assert.deepEqual(splitImages('Shirt, red.jpg'), ['Shirt, red.jpg'])
    assert.deepEqual(splitImages('102.85.jpg'), ['102.85.jpg'])
  })

  it('gives back any list of URLs that has no blanks in it', () => {
    const url = fc
      .webUrl({ withQueryParameters: true })
      .filter((one) => !/[|;~,]/.test(one) && !one.slice(9).includes('//'))
    fc.assert(
      fc.property(
        fc.array(url, { minLength: 1, maxLength: 6 }),
        fc.constantFrom('|', '; ', ',', '~'),
        (urls, separator) => {
          assert.deepEqual(splitImages(urls.join(separator)), urls)
        },
      ),
    )
  })
})

describe('imageRefs', () => {
  it('keeps the order and each URL once', () => {
    const refs = imageRefs([b, a, b], { split: true, alt: 'Front' })
    assert.deepEqual(refs, [{ url: b, alt: 'Front' }, { url: a }])
  })

  it('sets names behind the base and makes //host absolute', () => {
    assert.deepEqual(
      imageRefs(['/m/h/a.jpg', '//x.example/b.jpg', a], { split: true, base: 'https://s.example/media/' }),
      [{ url: 'https://s.example/media/m/h/a.jpg' }, { url: 'https://x.example/b.jpg' }, { url: a }],
    )
  })
})
