/** The changes of a dry run for people: product by product, field by field, from what to what. */
import type { ChalkInstance } from 'chalk'
import type { PlannedChange } from '../core/plan-import.js'
import type { FieldChange } from '../core/store/field-change.js'
import { plain } from './print.js'
import { cutTo } from './text-width.js'

/** Products listed; `--json` lists more. */
export const shownChangesMax = 20
/** Fields of one product shown, and columns of one value. */
const shownFieldsMax = 10
const valueWidthMax = 48

/** Only of products that the store has: a new one is all new. */
export function changeLines(changes: readonly PlannedChange[], style: ChalkInstance): string[] {
  const known = changes.filter(({ fields }) => fields.length > 0).slice(0, shownChangesMax)
  if (known.length === 0) return []
  return [
    style.dim('CHANGES'),
    ...known.flatMap(({ sku, key, name, act, fields }) => [
      `${plain(sku ?? key)}  ${style.dim(cutTo(oneLine(name), valueWidthMax))}${act === 'create' ? ' (taken over as it is in the store)' : ''}`,
      ...fields.slice(0, shownFieldsMax).map((field) => `  ${fieldLine(field)}`),
      ...(fields.length > shownFieldsMax ? [`  and ${fields.length - shownFieldsMax} more`] : []),
    ]),
    '',
  ]
}

function fieldLine({ field, variant, from, to }: FieldChange): string {
  const name = variant === undefined ? field : `${plain(variant)}: ${field}`
  return `${name}  ${shown(from)} -> ${shown(to)}`
}

function shown(value: string | null): string {
  return value === null ? '(none)' : cutTo(oneLine(value), valueWidthMax)
}

function oneLine(text: string): string {
  return plain(text.replace(/\s+/g, ' '))
}
