import assert from 'node:assert/strict'
import fc from 'fast-check'
import sharp from 'sharp'
import { checkImage } from '../../../src/core/images/check.js'
import { hashDistance } from '../../../src/core/images/near-duplicate.js'
import { perceptualHash } from '../../../src/core/images/perceptual-hash.js'
import { pixelsOf, shrink } from '../../../src/core/images/pixels.js'
import { processImage } from '../../../src/core/images/process.js'

/** A packshot: something round and coloured on a ground, which may be seen through. */
async function packshot(ground: string, width = 900, height = 700): Promise<Buffer> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
    <defs><radialGradient id="a"><stop offset="0" stop-color="#f40"/><stop offset="1" stop-color="#04f"/></radialGradient></defs>
    <rect width="100%" height="100%" fill="${ground}"/><ellipse cx="35%" cy="50%" rx="30%" ry="25%" fill="url(#a)"/></svg>`
  return await sharp(Buffer.from(svg)).png().toBuffer()
}

describe('the perceptual hash of pixels', () => {
  it('is that of the file which is made of them, give or take a bit', async () => {
    const files = {
      'on white': await packshot('#fff'),
      'seen through': await packshot('none'),
      large: await packshot('#eee', 4000, 3000),
      smaller: await packshot('#eee', 60, 50),
      JPEG: await sharp(await packshot('#fff'))
        .jpeg()
        .toBuffer(),
      'JPEG in grey': await sharp(await packshot('#fff'))
        .greyscale()
        .jpeg()
        .toBuffer(),
    }
    for (const [what, file] of Object.entries(files)) {
      const checked = await checkImage(file)
      assert.ok(checked.ok)
      const picture = await processImage(file, checked)
      assert.ok(picture.ok && picture.pixels !== null, what)

      const distance = hashDistance(await perceptualHash(picture.data), await perceptualHash(picture.pixels))

      assert.ok(distance <= 1, `${what}: ${distance} bits differ`)
    }
  })
})

describe('shrink', () => {
  it('keeps a plane as it is, whatever its colour and the sizes', async () => {
    const channel = fc.integer({ min: 0, max: 255 })
    const side = fc.integer({ min: 8, max: 60 })
    await fc.assert(
      fc.asyncProperty(channel, channel, channel, side, side, async (r, g, b, width, height) => {
        const plane = await pixelsOf(sharp({ create: { width, height, channels: 3, background: { r, g, b } } }))

        const small = shrink(plane, 8, 8)

        assert.deepEqual([...(small?.data ?? [])], Array.from({ length: 64 }, () => [r, g, b]).flat())
      }),
      { numRuns: 30 },
    )
  })

  it('shows white where a picture is seen through, and leaves smaller pictures alone', async () => {
    const clear = await pixelsOf(
      sharp({ create: { width: 20, height: 20, channels: 4, background: { r: 9, g: 9, b: 9, alpha: 0 } } }),
    )

    assert.deepEqual(new Set(shrink(clear, 4, 4)?.data), new Set([255]))
    assert.equal(shrink(clear, 21, 4), null)
  })
})
