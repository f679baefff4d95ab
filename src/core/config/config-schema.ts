/** The shape of the config file, and what is said about a file that does not have it. */
import { z } from 'zod'
import { WholesalerError } from '../errors.js'
import { feedFormats } from '../feed/feed.js'
import { animatedRules, defaultImageRules, removedRules, svgRules } from '../images/image-rules.js'
import { missingPolicies } from '../missing-policy.js'
import { ownedFields } from '../product/field-owners.js'
import type { Transform, WholesalerMapping } from '../product/mapping.js'
import { type FieldMap, type JoinMap, nearest, type ProductMap, unknownFields } from '../product/product-map.js'
import { paceLimits } from '../store/woocommerce/pace-limits.js'
import type { CatalogConfig, Config, FileConfig, WholesalerConfig, WooCommerceConfig } from './config.js'

const amount = z.union([z.number(), z.string().regex(/^-?\d+(\.\d+)?$/, 'a number, such as 30 or "12.5"')])
const names = z.union([z.string(), z.array(z.string())])
const text = z.string().min(1)

const price = z.strictObject({
  margin: amount.optional(),
  rate: amount.optional(),
  round: amount.optional(),
  except: z
    .strictObject({ brand: z.record(z.string(), amount).optional(), category: z.record(z.string(), amount).optional() })
    .optional(),
})

const amountRange = z.strictObject({ min: amount.optional(), max: amount.optional() })
const countRange = z.strictObject({ min: z.number().int().optional(), max: z.number().int().optional() })
const filter = z.strictObject({
  brand: names.optional(),
  category: names.optional(),
  sku: names.optional(),
  stock: amountRange.optional(),
  price: amountRange.optional(),
  variants: countRange.optional(),
})

const secret = z.union([z.strictObject({ env: text }), z.strictObject({ file: text })])

/** Header names whose values are secrets: never written into a config file. */
const secretHeader = /^(authorization|proxy-authorization|cookie|.*(key|token|secret|password).*)$/i

const headers = z.record(z.string(), z.union([z.string(), secret])).check(({ value, issues }) => {
  for (const [name, header] of Object.entries(value)) {
    if (typeof header !== 'string' || !secretHeader.test(name)) continue
    // The value is a secret: the message must not repeat it, so the issue carries another input.
    issues.push({
      code: 'custom',
      path: [name],
      input: undefined,
      message: "a secret does not belong into the config file; write { env: 'NAME' } or { file: 'PATH' }",
    })
  }
})

/** A product map is checked for misspelt fields; what its paths find is the feed's business. */
const productMap = z.custom<ProductMap>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  {
    message: 'expected an object of product fields, such as { sku: "Code", name: "Title" }',
  },
)

const images = z.strictObject({
  roots: z.array(text).default([]),
  removed: z.enum(removedRules).default(defaultImageRules.removed),
  animated: z.enum(animatedRules).default(defaultImageRules.animated),
  svg: z.enum(svgRules).default(defaultImageRules.svg),
})

const file = {
  feed: text,
  headers: headers.default({}),
  format: z.enum(feedFormats).optional(),
  encoding: text.optional(),
  delimiter: text.optional(),
  quote: z.string().optional(),
  member: text.optional(),
  record: text.optional(),
  lenient: z.boolean().default(false),
} satisfies Record<keyof FileConfig, unknown>

/** A field of a record: a path, a rule or several of them. */
const field = z.custom<FieldMap>(
  (value) => typeof value === 'string' || (typeof value === 'object' && value !== null),
  { message: "expected a column or path, such as 'Code'" },
)

const join = z.strictObject({
  ...file,
  key: field.optional(),
  to: field.optional(),
  map: productMap.optional(),
} satisfies Record<keyof FileConfig | keyof JoinMap, unknown>)

const percent = z.number().min(0).max(100)

const guards = z.strictObject({
  maxDelete: z.number().int().min(0).optional(),
  fields: z.boolean().optional(),
  products: percent.optional(),
  images: percent.optional(),
  stock: percent.optional(),
  prices: percent.optional(),
  priceChange: z.number().min(0).optional(),
} satisfies Record<keyof WholesalerConfig['guards'], unknown>)

const wholesaler = z.strictObject({
  ...file,
  join: join.optional(),
  takeover: z.boolean().default(false),
  rejects: z.strictObject({ max: z.number().int().min(0).optional() }).default({}),
  images: images.default({ roots: [], ...defaultImageRules }),
  variantImages: z.enum(['own', 'shared']).optional(),
  missing: z.enum(missingPolicies).default('keep'),
  guards: guards.default({}),
  preset: text.optional(),
  map: productMap.optional(),
  transform: z.custom<Transform>((value) => typeof value === 'function', 'expected a function').optional(),
  transformSource: z.string().optional(),
  price: price.optional(),
  include: filter.optional(),
  exclude: filter.optional(),
  stock: z.strictObject({ skipUnavailable: z.boolean().optional() }).optional(),
  skuPrefix: text.optional(),
  fields: z.partialRecord(z.enum(ownedFields), z.enum(['feed', 'shop'])).optional(),
} satisfies Record<keyof WholesalerConfig | keyof WholesalerMapping, unknown>)

/** A name that is a path or a URL would never be found: SOURCE would be taken for a file. */
const wholesalerName = z
  .string()
  .regex(/^[^/\\:\s-][^/\\:]*$/, 'a name without slashes, colons and a leading dash, such as "aren"')

const catalog = z.strictObject({
  type: z.literal('catalog'),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, 'an ISO 4217 code, such as "EUR"')
    .optional(),
} satisfies Record<keyof CatalogConfig, unknown>)

const requestsOf = z.strictObject({
  size: z.number().int().min(1).max(paceLimits.sizeMax).default(paceLimits.sizeMax),
  inFlight: z.number().int().min(1).max(paceLimits.inFlightMax).default(paceLimits.inFlightMax),
})

const woocommerce = z.strictObject({
  type: z.literal('woocommerce'),
  url: z.string().regex(/^https?:\/\//, 'the address of the shop\'s front page, such as "https://shop.example.com"'),
  images: z.enum(['upload', 'src']).default('upload'),
  trash: z.enum(['revive', 'report']).default('revive'),
  attributes: z.enum(['local', 'global']).default('local'),
  vanishedVariants: z.enum(['delete', 'hide']).default('delete'),
  weightUnit: z.enum(['kg', 'g', 'lbs', 'oz']).default('kg'),
  sizeUnit: z.enum(['cm', 'mm', 'm', 'in', 'yd']).default('cm'),
  requests: requestsOf.default({ size: paceLimits.sizeMax, inFlight: paceLimits.inFlightMax }),
} satisfies Record<keyof WooCommerceConfig, unknown>)

const storeTypes = { error: 'one of "catalog", "woocommerce"' }

/** A store that is not named is the embedded catalog. */
function withType(store: unknown): unknown {
  const isNamed = typeof store !== 'object' || store === null || 'type' in store
  return isNamed ? store : { type: 'catalog', ...store }
}

const config = z.strictObject({
  store: z
    .preprocess(withType, z.discriminatedUnion('type', [catalog, woocommerce], storeTypes))
    .default({ type: 'catalog' }),
  wholesalers: z.record(wholesalerName, wholesaler).default({}),
  network: z
    .strictObject({ allowPrivate: z.array(text).default([]), trustProxy: z.boolean().default(false) })
    .default({ allowPrivate: [], trustProxy: false }),
})

/** Checks what a config file says. Throws `config` with one line per fault: path, value, fix. */
export function parseConfig(value: unknown, path: string): Config {
  const parsed = config.safeParse(value, { reportInput: true })
  const faults = parsed.success ? misspeltFields(parsed.data.wholesalers) : parsed.error.issues.map(describeIssue)
  if (parsed.success && faults.length === 0) return { ...parsed.data, path }
  throw new WholesalerError({
    kind: 'config',
    message: faults.length === 1 ? (faults[0] ?? '') : `${faults.length} faults:\n  ${faults.join('\n  ')}`,
    hint: 'The README section "Configure it" shows a complete file.',
    place: { file: path },
  })
}

type WithMap = { readonly map?: unknown }

function misspeltFields(
  wholesalers: Readonly<Record<string, WithMap & { readonly join?: WithMap | undefined }>>,
): string[] {
  return Object.entries(wholesalers).flatMap(([name, { map, join: second }]) =>
    [...unknownFields(map), ...unknownFields(second?.map, 'join.map')].map(
      (field) => `wholesalers.${name}.${field.path} is not known${didYouMean(field.nearest)}; remove or rename it`,
    ),
  )
}

/** Values longer than this are cut in messages. */
const shownLengthMax = 60

function describeIssue(issue: z.core.$ZodIssue): string {
  const path = issue.path.join('.') || 'the file'
  if (issue.code === 'unrecognized_keys') {
    const at = issue.path.length === 0 ? '' : `${path}.`
    return issue.keys
      .map((key) => `${at}${key} is not known${didYouMean(nearest(key, knownKeys(issue.path)))}; remove or rename it`)
      .join('\n  ')
  }
  if (issue.code === 'invalid_type' && issue.input === undefined) return `${path} is missing: ${issue.message}`
  const shown =
    issue.input === undefined || typeof issue.input === 'object'
      ? ''
      : ` is ${JSON.stringify(issue.input).slice(0, shownLengthMax)}`
  const options =
    issue.code === 'invalid_value'
      ? `one of ${issue.values.map((option) => JSON.stringify(option)).join(', ')}`
      : issue.message
  return `${path}${shown}: ${options}`
}

function didYouMean(name: string | null): string {
  return name === null ? '' : ` (did you mean ${name}?)`
}

/** Names that may stand at a path of the file. */
function knownKeys(path: readonly PropertyKey[]): string[] {
  const [section, , field] = path
  if (section === undefined) return Object.keys(config.shape)
  if (section === 'network') return ['allowPrivate', 'trustProxy']
  if (section === 'store') return [...Object.keys(catalog.shape), ...Object.keys(woocommerce.shape)]
  if (field === undefined) return Object.keys(wholesaler.shape)
  if (field === 'images') return Object.keys(images.shape)
  if (field === 'guards') return Object.keys(guards.shape)
  if (field === 'price') return Object.keys(price.shape)
  if (field === 'join') return Object.keys(join.shape)
  return field === 'include' || field === 'exclude' ? Object.keys(filter.shape) : []
}
