import assert from 'node:assert/strict'
import sharp from 'sharp'
import { perceptualHash } from '../../../src/core/images/perceptual-hash.js'
import { animation, redAndBlue } from './pictures.js'

describe('perceptualHash', () => {
  it('says for each of 8 x 8 places whether it is brighter to the right', async () => {
    const ramp = Buffer.from(Array.from({ length: 9 * 8 }, (_, index) => (index % 9) * 25))
    const picture = sharp(ramp, { raw: { width: 9, height: 8, channels: 1 } }).png()

    assert.equal(await perceptualHash(await picture.toBuffer()), 'f'.repeat(16))
    assert.equal(await perceptualHash(await picture.clone().flop().toBuffer()), '0'.repeat(16))
  })

  it('is the same for the same picture in another format', async () => {
    const picture = (await redAndBlue()).png()

    const hashes = [await picture.toBuffer(), await picture.clone().webp({ lossless: true }).toBuffer()].map(
      perceptualHash,
    )

    const [png, webp] = await Promise.all(hashes)
    assert.match(png ?? '', /^[0-9a-f]{16}$/)
    assert.equal(webp, png)
  })

  it('is that of the first frame of an animation, and of a transparent picture on white', async () => {
    const frames = await animation(3, 'webp')
    const shape = sharp({ create: { width: 18, height: 16, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } })

    assert.match(await perceptualHash(frames), /^[0-9a-f]{16}$/)
    assert.equal(await perceptualHash(await shape.png().toBuffer()), '0'.repeat(16))
  })
})
