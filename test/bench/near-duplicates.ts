/**
 * Measures what tells variants of a picture from other pictures: distance of the perceptual hash and of the
 * colours. Run by hand, `node --import=tsx test/bench/near-duplicates.ts` after a build.
 */
import sharp, { type Sharp } from 'sharp'
import { colorDifference, colorSketch } from '../../dist/core/images/color-sketch.js'
import { hashDistance, isTelling } from '../../dist/core/images/near-duplicate.js'
import { perceptualHash } from '../../dist/core/images/perceptual-hash.js'

const perKind = 20
const [width, height] = [1200, 900]

/** Always the same numbers: mulberry32, public domain. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let value = Math.imul(state ^ (state >>> 15), 1 | state)
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296
  }
}

/** Shapes of a thing in the middle, on a ground. */
function drawing(random: () => number, ground: string, spread: number): string {
  const color = () => `hsl(${Math.floor(random() * 360)} ${40 + random() * 50}% ${20 + random() * 55}%)`
  const shapes = Array.from({ length: 4 + Math.floor(random() * 8) }, () => {
    const [x, y] = [width / 2 + (random() - 0.5) * width * spread, height / 2 + (random() - 0.5) * height * spread]
    const [w, h] = [60 + random() * 420, 60 + random() * 320]
    return random() < 0.5
      ? `<ellipse cx="${x}" cy="${y}" rx="${w / 2}" ry="${h / 2}" fill="${color()}"/>`
      : `<rect x="${x - w / 2}" y="${y - h / 2}" width="${w}" height="${h}" rx="20" fill="${color()}"
          transform="rotate(${random() * 90} ${x} ${y})"/>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
    <rect width="100%" height="100%" fill="${ground}"/>${shapes.join('')}</svg>`
}

async function texture(random: () => number): Promise<Sharp> {
  const [columns, rows] = [16, 12]
  const noise = Buffer.from(Array.from({ length: columns * rows * 3 }, () => Math.floor(random() * 256)))
  const raw = { width: columns, height: rows, channels: 3 } as const
  return sharp(await sharp(noise, { raw }).resize(width, height, { kernel: 'cubic' }).png().toBuffer())
}

const kinds: Record<string, (random: () => number) => Promise<Sharp>> = {
  packshot: async (random) => sharp(Buffer.from(drawing(random, 'white', 0.35))),
  studio: async (random) => sharp(Buffer.from(drawing(random, `hsl(0 0% ${75 + random() * 20}%)`, 0.5))),
  scene: async (random) => sharp(Buffer.from(drawing(random, `hsl(${random() * 360} 40% 60%)`, 1))),
  texture,
}

const jpeg = (quality: number) => (picture: Sharp) => picture.jpeg({ quality }).toBuffer()
const cropped = (share: number) => (picture: Sharp) => {
  const [left, top] = [Math.round(width * share), Math.round(height * share)]
  return picture
    .extract({ left, top, width: width - 2 * left, height: height - 2 * top })
    .jpeg({ quality: 85 })
    .toBuffer()
}
const variants: Record<string, (picture: Sharp) => Promise<Buffer>> = {
  'resized to 600': (picture) => picture.resize(600).jpeg({ quality: 85 }).toBuffer(),
  'resized to 300, q60': (picture) => picture.resize(300).jpeg({ quality: 60 }).toBuffer(),
  'recompressed q60': jpeg(60),
  'recompressed q30': jpeg(30),
  'as webp q50': (picture) => picture.webp({ quality: 50 }).toBuffer(),
  'brightness +8 %': (picture) => picture.modulate({ brightness: 1.08 }).jpeg({ quality: 85 }).toBuffer(),
  'cropped 1 % a side': cropped(0.01),
  'cropped 3 % a side': cropped(0.03),
  'cropped 8 % a side': cropped(0.08),
  'hue turned 40': (picture) => picture.modulate({ hue: 40 }).jpeg({ quality: 85 }).toBuffer(),
  'hue turned 180': (picture) => picture.modulate({ hue: 180 }).jpeg({ quality: 85 }).toBuffer(),
  'made grey': (picture) => picture.modulate({ saturation: 0 }).jpeg({ quality: 85 }).toBuffer(),
}

interface Seen {
  readonly hash: string
  readonly colors: Buffer
}

const see = async (data: Buffer): Promise<Seen> => ({
  hash: await perceptualHash(data),
  colors: await colorSketch(data),
})

function row(name: string, pairs: readonly (readonly [Seen, Seen])[]): void {
  const distances = pairs.map(([one, other]) => hashDistance(one.hash, other.hash)).sort((a, b) => a - b)
  const colors = pairs.map(([one, other]) => colorDifference(one.colors, other.colors)).sort((a, b) => a - b)
  const at = (values: readonly number[], share: number) =>
    values[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0
  const within = (bits: number, color: number) =>
    pairs.filter(
      ([one, other]) =>
        hashDistance(one.hash, other.hash) <= bits && colorDifference(one.colors, other.colors) <= color,
    ).length
  console.log(
    [
      name.padEnd(30),
      `bits ${[0, 0.01, 0.5, 0.99, 1].map((share) => String(at(distances, share)).padStart(3)).join('')}`,
      `  color ${[0, 0.5, 0.99].map((share) => at(colors, share).toFixed(1).padStart(6)).join('')}`,
      `  <=4 bits ${((100 * within(4, 255)) / pairs.length).toFixed(2).padStart(6)} %`,
      `  and <=20 color ${((100 * within(4, 20)) / pairs.length).toFixed(2).padStart(6)} %`,
    ].join(''),
  )
}

console.log('bits: min, 1 %, median, 99 %, max; color: min, median, 99 %')
const originals: Seen[] = []
const changed = new Map<string, (readonly [Seen, Seen])[]>()
for (const [index, [kind, make]] of Object.entries(kinds).entries()) {
  const own: Seen[] = []
  for (let number = 0; number < perKind; number += 1) {
    const picture = await (await make(randomFrom(1000 * index + number))).png().toBuffer()
    const original = await see(await sharp(picture).jpeg({ quality: 85 }).toBuffer())
    own.push(original)
    for (const [name, change] of Object.entries(variants)) {
      changed.set(name, [...(changed.get(name) ?? []), [original, await see(await change(sharp(picture)))]])
    }
  }
  row(
    `different: ${kind}`,
    own.flatMap((one, at) => own.slice(at + 1).map((other) => [one, other] as const)),
  )
  originals.push(...own)
}
row(
  'different: all',
  originals.flatMap((one, at) => originals.slice(at + 1).map((other) => [one, other] as const)),
)
for (const [name, pairs] of changed) row(name, pairs)
const plain = originals.filter(({ hash }) => !isTelling({ perceptualHash: hash, width, height })).length
console.log(`${plain} of ${originals.length} pictures say too little to be found by their hash`)
