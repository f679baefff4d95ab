/** Finds out which preset a feed needs, and says why. */
import { WholesalerError } from '../errors.js'
import { aren } from './presets/aren.js'
import { awinCsv } from './presets/awin-csv.js'
import { bestprice } from './presets/bestprice.js'
import { bmecat } from './presets/bmecat.js'
import { ceneo } from './presets/ceneo.js'
import { generic } from './presets/generic.js'
import { google } from './presets/google.js'
import { heureka } from './presets/heureka.js'
import { icecatJson } from './presets/icecat-json.js'
import { idealoCsv } from './presets/idealo-csv.js'
import { iof } from './presets/iof.js'
import { js } from './presets/js.js'
import { mada } from './presets/mada.js'
import { magento2Csv } from './presets/magento2-csv.js'
import { magmiCsv } from './presets/magmi-csv.js'
import type { FeedLook, Preset } from './presets/preset.js'
import { prestashopCsv } from './presets/prestashop-csv.js'
import { prisjakt } from './presets/prisjakt.js'
import { shopifyCsv } from './presets/shopify-csv.js'
import { skroutz } from './presets/skroutz.js'
import { trovaprezzi } from './presets/trovaprezzi.js'
import { vendureCsv } from './presets/vendure-csv.js'
import { woocommerceCsv } from './presets/woocommerce-csv.js'
import { woocommerceWxr } from './presets/woocommerce-wxr.js'
import { yml } from './presets/yml.js'
import { nearest } from './product-map.js'
import { sidePaths } from './side-data.js'

/** Special ones before general ones: the first that fits is taken. */
const presets: readonly Preset[] = [
  woocommerceCsv,
  woocommerceWxr,
  shopifyCsv,
  magento2Csv,
  magmiCsv,
  prestashopCsv,
  vendureCsv,
  iof,
  bmecat,
  yml,
  ceneo,
  heureka,
  js,
  mada,
  aren,
  skroutz,
  bestprice,
  trovaprezzi,
  prisjakt,
  idealoCsv,
  awinCsv,
  icecatJson,
  google,
  generic,
]

export const presetNames: readonly string[] = presets.map(({ name }) => name)

/** Word for no preset at all: only the config's `map` counts. */
export const noPreset = 'none'

/** Paths of elements beside the records that presets read of a feed that begins so: to be given as `FeedHints.side`. */
export function sideElements(head: string): readonly string[] {
  return presets.filter(({ mark }) => mark === undefined || head.includes(mark)).flatMap(sidePaths)
}

export interface ChosenPreset {
  /** Null for `none`. */
  readonly preset: Preset | null
  /** Why, for people: `its root element is yml_catalog`. */
  readonly reason: string
}

/**
 * The preset that was said, else the first that fits the feed. Null when none fits. An unknown name throws
 * `config`.
 */
export function choosePreset(look: FeedLook, said?: string): ChosenPreset | null {
  if (said === noPreset) return { preset: null, reason: 'the config says so' }
  if (said !== undefined) return { preset: presetByName(said), reason: 'it was said' }
  for (const preset of presets) {
    const reason = preset.fits(look)
    if (reason !== null) return { preset, reason }
  }
  return null
}

/** Every preset that would take the feed, the chosen one first. */
export function fittingPresets(look: FeedLook): readonly string[] {
  return presets.filter(({ fits }) => fits(look) !== null).map(({ name }) => name)
}

/** Throws `config`, naming the presets there are. */
export function presetByName(name: string): Preset {
  const preset = presets.find((one) => one.name === name.toLowerCase())
  if (preset !== undefined) return preset
  const near = nearest(name, presetNames)
  throw new WholesalerError({
    kind: 'config',
    message: `there is no preset "${name}"`,
    hint: `${near === null ? '' : `Did you mean ${near}? `}Presets: ${presetNames.join(', ')}, ${noPreset}.`,
  })
}
