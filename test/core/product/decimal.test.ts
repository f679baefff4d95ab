import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  compare,
  type DecimalFormat,
  decimalEvidence,
  fromNumber,
  parseDecimal,
  parseMoney,
  repricing,
} from '../../../src/core/product/decimal.js'
import type { Decimal } from '../../../src/core/product/product.js'

const d = (text: string): Decimal => {
  const decimal = parseDecimal(text, 'point')
  assert.ok(decimal !== null, text)
  return decimal
}

function reads(format: DecimalFormat, cases: Readonly<Record<string, string | null>>): void {
  for (const [text, expected] of Object.entries(cases)) {
    assert.equal(parseDecimal(text, format), expected, `${JSON.stringify(text)} as ${format}`)
  }
}

describe('parseDecimal', () => {
  it('reads the separators of every country when they leave no doubt (F12)', () => {
    reads('auto', {
      '1.234,56': '1234.56',
      '1,234.56': '1234.56',
      '1 234,56': '1234.56',
      '1\u00a0234,56': '1234.56',
      '1\u202f234.5': '1234.5',
      "1'234.50": '1234.5',
      '12,50': '12.5',
      '0,125': '0.125',
      '1.234.567': '1234567',
      '1,234,567': '1234567',
      '.5': '0.5',
      '5.': '5',
      '007.50': '7.5',
      '-0': '0',
      '−3': '-3',
      '+4': '4',
    })
  })

  it('reads one separator before three digits as its rules say', () => {
    reads('auto', { '1.234': '1.234', '1,234': '1234', '15,990': '15990' })
    reads('auto-comma', { '1.234': '1234', '1,234': '1.234', '12.50': '12.5', '0.125': '0.125' })
    reads('auto-point', { '1.234': '1.234', '1,234': '1234' })
  })

  it('refuses the other separator when the config says which one is decimal', () => {
    reads('comma', { '1.234,56': '1234.56', '1.234': '1234', '12,5': '12.5', '12.50': null, '0.125': null })
    reads('point', { '1,234.56': '1234.56', '1,234': '1234', '12.5': '12.5', '12,50': null, '0,125': null })
  })

  it('takes nothing for a number that is none (F12)', () => {
    const none = ['', ' ', '-', '.', ',', 'NaN', 'Infinity', '1e309', '1e5', '0x10', '12 34', '1.2.3', '1,23,4', '1..2']
    for (const text of [...none, '9'.repeat(31), 'twelve']) assert.equal(parseDecimal(text), null, text)
  })

  it('reads every canonical decimal as itself and is stable', () => {
    const canonical = fc
      .tuple(fc.boolean(), fc.bigInt(0n, 10n ** 15n), fc.stringMatching(/^\d{0,6}[1-9]$|^$/))
      .map(([minus, whole, fraction]) => {
        const text = fraction === '' ? `${whole}` : `${whole}.${fraction}`
        return minus && text !== '0' ? `-${text}` : text
      })
    fc.assert(fc.property(canonical, (text) => parseDecimal(text, 'point') === text))
    fc.assert(
      fc.property(fc.string(), (text) => {
        const once = parseDecimal(text)
        return once === null || (parseDecimal(once, 'point') === once && !/e|NaN|Inf/i.test(once))
      }),
    )
  })

  it('reads a number however it is grouped', () => {
    const grouped = fc.tuple(fc.integer({ min: 0, max: 999_999_999 }), fc.integer({ min: 0, max: 99 }))
    fc.assert(
      fc.property(grouped, fc.constantFrom('.', ' ', "'"), ([whole, cents], group) => {
        const digits = String(whole).replace(/\B(?=(\d{3})+$)/g, group)
        const text = `${digits},${String(cents).padStart(2, '0')}`
        return parseDecimal(text) === fromNumber(Number(`${whole}.${String(cents).padStart(2, '0')}`))
      }),
    )
  })
})

describe('parseMoney', () => {
  it('splits price and currency', () => {
    const cases: Readonly<Record<string, readonly [string, string?]>> = {
      '32.0 USD': ['32', 'USD'],
      'USD 32': ['32', 'USD'],
      '€ 12': ['12', 'EUR'],
      '12,50 €': ['12.5', 'EUR'],
      '1 234,56 zł': ['1234.56', 'PLN'],
      '1.299,- €': ['1299', 'EUR'],
      '12,- Kč': ['12', 'CZK'],
      '12,-': ['12'],
      '$12.50': ['12.5'],
      '12.50 руб.': ['12.5', 'RUB'],
    }
    for (const [text, [amount, currency]] of Object.entries(cases)) {
      assert.deepEqual(parseMoney(text), currency === undefined ? { amount } : { amount, currency }, text)
    }
  })

  it('takes no price out of a sentence or a unit price', () => {
    for (const text of ['from 12 EUR', '10.00 €/kg', '5 pcs', 'ask', 'USD', '1e309 USD']) {
      assert.equal(parseMoney(text), null, text)
    }
  })
})

describe('decimalEvidence', () => {
  it('tells only what is beyond doubt', () => {
    const cases = {
      '12,50': 'comma',
      '12.50': 'point',
      '1.234': null,
      '1,234': null,
      '1.234,5': 'comma',
      '1.234.567': 'comma',
      12: null,
    }
    for (const [text, expected] of Object.entries(cases)) assert.equal(decimalEvidence(text), expected, text)
  })
})

describe('fromNumber', () => {
  it('writes what a program holds without exponents', () => {
    assert.equal(fromNumber(1e-7), '0.0000001')
    assert.equal(fromNumber(1e21), '1000000000000000000000')
    assert.equal(fromNumber(449), '449')
    assert.equal(fromNumber(Number.NaN), null)
    assert.equal(fromNumber(Number.POSITIVE_INFINITY), null)
  })
})

describe('repricing', () => {
  it('rounds half up to the step', () => {
    assert.equal(repricing(d('1'), d('0'), d('0.01'))(d('12.345')), '12.35')
    assert.equal(repricing(d('1'), d('0'), d('0.01'))(d('1.005')), '1.01')
    assert.equal(repricing(d('1'), d('30'), d('0.01'))(d('9.99')), '12.99')
    assert.equal(repricing(d('4.3'), d('0'), d('0.05'))(d('10.01')), '43.05')
    assert.equal(repricing(d('1'), d('50'), d('1'))(d('1')), '2')
  })

  it('is exact where floats are not, and never below the price for a margin above 0', () => {
    const cents = fc.integer({ min: 0, max: 100_000_000 })
    fc.assert(
      fc.property(cents, fc.integer({ min: 0, max: 500 }), (price, percent) => {
        const amount = d((price / 100).toFixed(2))
        const retail = repricing(d('1'), d(String(percent)), d('0.01'))(amount)
        const exact = (BigInt(price) * BigInt(100 + percent) + 50n) / 100n
        assert.equal(retail, fromNumber(Number(exact) / 100))
        assert.ok(compare(retail, amount) >= 0)
      }),
    )
  })
})
