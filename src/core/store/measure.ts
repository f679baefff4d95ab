/** Weights and sizes in the unit of a shop. */
import Big from 'big.js'
import type { Decimal, Measure } from '../product/product.js'

export type MeasureKind = 'weight' | 'size'

/** Exact factors to kilograms and centimetres. */
const factors: Readonly<Record<MeasureKind, Readonly<Record<string, string>>>> = {
  weight: { kg: '1', g: '0.001', lbs: '0.45359237', oz: '0.028349523125' },
  size: { cm: '1', mm: '0.1', m: '100', in: '2.54', yd: '91.44' },
}

/** Digits after the point that a converted value keeps. */
const digitsMax = 6

/**
 * The value in `unit`. One without a unit is taken as it is; null for a unit that cannot be converted.
 */
export function measureIn(unit: string, { value, unit: given }: Measure, kind: MeasureKind): Decimal | null {
  if (given === undefined || given === unit) return value
  const [from, to] = [factors[kind][given], factors[kind][unit]]
  if (from === undefined || to === undefined) return null
  return new Big(value).times(from).div(to).round(digitsMax).toFixed() as Decimal
}
