import assert from 'node:assert/strict'
import fc from 'fast-check'
import { wantsColor } from '../../src/cli/color.js'
import { jsonLine, jsonText, plain } from '../../src/cli/print.js'

/** What a terminal may obey: C0, DEL and C1, and marks that change the order of text. */
const obeyed = /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/

/** Any text, with more than its share of what is dangerous. */
const supplierText = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 3 }),
      fc.constantFrom('\x1b', '\x9b', '\x07', '\u202e', '\ud800', 'ł', '\n'),
    ),
  )
  .map((parts) => parts.join(''))

describe('plain', () => {
  it('makes ANSI escapes visible and harmless (A9)', () => {
    assert.equal(plain('\x1b[2J\x1b]0;owned\x07Shoe\x9b31m'), '␛[2J␛]0;owned␇Shoe\\u009b31m')
  })

  it('keeps text on one line', () => {
    assert.equal(plain('two\r\n  lines\tand a tab'), 'two lines and a tab')
  })

  it('leaves no control character in any text (A9)', () => {
    fc.assert(fc.property(supplierText, (text) => !obeyed.test(plain(text)) && !/\p{Cs}/u.test(plain(text))))
  })

  it('leaves words of any language as they are', () => {
    const names = 'Żółć, Čaj, カメラ, กล้อง, 👩‍👧, می‌خواهم'

    assert.equal(plain(names), names)
  })
})

describe('jsonText', () => {
  it('is neutral in a terminal and reads back as the same value (A9)', () => {
    fc.assert(
      fc.property(supplierText, (name) => {
        for (const text of [jsonText({ name }), jsonLine({ name })]) {
          assert.ok(!obeyed.test(text.replaceAll('\n', '')))
          assert.deepEqual(JSON.parse(text), { name })
        }
      }),
    )
  })
})

describe('wantsColor', () => {
  const terminal = { isTTY: true }

  it('colours a terminal only', () => {
    assert.equal(wantsColor(terminal, {}), true)
    assert.equal(wantsColor({}, {}), false)
  })

  it('honours NO_COLOR with any value, and takes an empty one for unset', () => {
    assert.equal(wantsColor(terminal, { NO_COLOR: '0' }), false)
    assert.equal(wantsColor(terminal, { NO_COLOR: '' }), true)
  })

  it('leaves a dumb terminal alone', () => {
    assert.equal(wantsColor(terminal, { TERM: 'dumb' }), false)
  })
})
