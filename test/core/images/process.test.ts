import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { checkImage, framesMax } from '../../../src/core/images/check.js'
import { decodeHere } from '../../../src/core/images/decode.js'
import { type ProcessedImage, processImage } from '../../../src/core/images/process.js'
import { sideMax } from '../../../src/core/images/recipe.js'
import { inTempDir } from '../../support/temp-dir.js'
import { animation, jpeg, pixelBomb, png, redAndBlue } from './pictures.js'

async function codeOf(content: Buffer | string): Promise<string> {
  const result = await checkImage(typeof content === 'string' ? Buffer.from(content) : content)
  return result.ok ? `fine: ${result.format}` : result.code
}

async function processed(content: Buffer): Promise<ProcessedImage> {
  const checked = await checkImage(content)
  assert.ok(checked.ok)
  const result = await processImage(content, checked)
  assert.ok(result.ok)
  return result
}

/** Color of one pixel, with room for what JPEG loses and what inks cannot show. */
async function colorAt(data: Buffer, left: number, top: number): Promise<'red' | 'blue' | 'other'> {
  const [r = 0, , b = 0] = await sharp(data).extract({ left, top, width: 1, height: 1 }).raw().toBuffer()
  if (r > b + 80) return 'red'
  return b > r + 80 ? 'blue' : 'other'
}

describe('checkImage', () => {
  it('recognises pictures by their bytes, whatever they are called (I14)', async () => {
    const picture = sharp(await png())

    assert.equal(await codeOf(await jpeg(1)), 'fine: jpeg')
    assert.equal(await codeOf(await png()), 'fine: png')
    assert.equal(await codeOf(await picture.clone().webp().toBuffer()), 'fine: webp')
    assert.equal(await codeOf(await picture.clone().gif().toBuffer()), 'fine: gif')
    assert.equal(await codeOf(await picture.clone().avif().toBuffer()), 'fine: avif')
    assert.equal(await codeOf(await picture.clone().tiff().toBuffer()), 'fine: tiff')
  })

  it('rejects pages, JSON, text and nothing at all (I1, I2)', async () => {
    const others = [
      '',
      '<!DOCTYPE html><html>',
      '\n<html>',
      '{"error": 404}',
      '[]',
      'not found',
      '<?xml version="1.0"?><x/>',
    ]
    for (const body of others) assert.equal(await codeOf(body), 'not_an_image', body)
    assert.equal(await codeOf(Buffer.from('%PDF-1.7\n')), 'not_an_image')
    assert.equal(await codeOf(Buffer.alloc(5000)), 'not_an_image')
  })

  it('refuses SVG, which may hold scripts and references (I7)', async () => {
    const svg =
      '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script><image href="file:///etc/passwd"/></svg>'

    assert.equal(await codeOf(svg), 'svg_refused')
    assert.equal(await codeOf(`\uFEFF<?xml version="1.0"?>\n<!-- x -->\n${svg}`), 'svg_refused')
  })

  it('rejects what claims too many pixels without decoding it (I3)', async () => {
    assert.equal(await codeOf(await pixelBomb()), 'too_many_pixels')
    assert.equal(await codeOf(await pixelBomb(8192, 6144)), 'too_many_pixels')
    assert.equal(await codeOf(await pixelBomb(8192, 6103)), 'fine: png')
  })

  it('rejects animations of too many frames (I3)', async () => {
    assert.equal(await codeOf(await animation(framesMax + 1, 'gif', 2, 2)), 'too_many_frames')
    assert.equal(await codeOf(await animation(framesMax, 'gif', 2, 2)), 'fine: gif')
  })

  it('reads files as it reads memory', async () => {
    await inTempDir(async (dir) => {
      const path = join(dir, 'picture.txt')
      await writeFile(path, await jpeg(1))

      const result = await checkImage(path)

      assert.deepEqual(result, { ok: true, format: 'jpeg', width: 24, height: 16, frames: 1, hasAlpha: false })
    })
  })
})

describe('processImage', () => {
  it('turns a picture upright and leaves no metadata, place included (I6)', async () => {
    const picture = await redAndBlue()
    const withPlace = await picture
      .withExif({ IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '52/1 13/1 0/1' }, IFD0: { Artist: 'somebody' } })
      .withMetadata({ orientation: 6 })
      .jpeg({ quality: 95 })
      .toBuffer()

    const result = await processed(withPlace)

    const metadata = await sharp(result.data).metadata()
    assert.deepEqual([result.extension, result.width, result.height], ['jpg', 20, 40])
    assert.equal(metadata.exif, undefined)
    assert.equal(metadata.orientation, undefined)
    assert.equal(await colorAt(result.data, 10, 5), 'red')
    assert.equal(await colorAt(result.data, 10, 35), 'blue')
  })

  it('makes sRGB of other color spaces and depths (I4)', async () => {
    const picture = await redAndBlue()
    const odd = [
      await picture.clone().toColourspace('cmyk').jpeg({ quality: 95 }).toBuffer(),
      await picture.clone().toColourspace('rgb16').png().toBuffer(),
      await picture.clone().withIccProfile('p3').jpeg({ progressive: true, quality: 95 }).toBuffer(),
      await picture.clone().tiff().toBuffer(),
    ]
    for (const content of odd) {
      const result = await processed(content)
      const { space, depth, hasProfile, format } = await sharp(result.data).metadata()
      assert.deepEqual(
        { space, depth, hasProfile, format },
        { space: 'srgb', depth: 'uchar', hasProfile: false, format: 'jpeg' },
      )
      assert.equal(await colorAt(result.data, 5, 10), 'red')
      assert.equal(await colorAt(result.data, 35, 10), 'blue')
    }
  })

  it('makes large pictures smaller, and small ones no larger', async () => {
    const large = await processed(await jpeg(1, { width: sideMax * 2, height: 100 }))
    const small = await processed(await jpeg(1, { width: 30, height: 20 }))

    assert.deepEqual([large.width, large.height], [sideMax, 50])
    assert.deepEqual([small.width, small.height], [30, 20])
  })

  it('keeps PNG and WebP where there is an alpha channel, and makes JPEG of the rest', async () => {
    const transparent = await png({ alpha: 0.5 })

    assert.equal((await processed(transparent)).extension, 'png')
    assert.equal((await processed(await sharp(transparent).webp().toBuffer())).extension, 'webp')
    assert.equal((await processed(await png())).extension, 'jpg')
    assert.equal(
      (
        await processed(
          await sharp(await png())
            .webp()
            .toBuffer(),
        )
      ).extension,
      'jpg',
    )
  })

  it('keeps animations as they are (I5)', async () => {
    for (const format of ['gif', 'webp'] as const) {
      const moving = await animation(3, format)

      const result = await processed(moving)

      assert.deepEqual(result, { ok: true, data: moving, extension: format, width: 20, height: 10, pixels: null })
    }
  })

  it('makes still pictures of animations where the rules say so (I5)', async () => {
    for (const format of ['gif', 'webp'] as const) {
      const result = await decodeHere(await animation(3, format), { animated: 'first-frame', svg: 'refuse' })

      assert.ok(result.ok)
      const { pages = 1, width, height } = await sharp(result.data).metadata()
      assert.deepEqual([pages, width, height], [1, 20, 10])
    }
  })

  it('draws SVG where the rules say so, without what it refers to (I7)', async () => {
    const path = join(import.meta.dirname, '../../../package.json')
    const drawing = (inside: string) =>
      Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20">${inside}</svg>`)
    const rules = { animated: 'keep', svg: 'rasterize' } as const
    const draw = async (inside: string) => {
      const result = await decodeHere(drawing(inside), rules)
      assert.ok(result.ok)
      return result
    }

    const red = await draw('<rect width="40" height="20" fill="red"/>')
    assert.deepEqual([red.extension, red.width, red.height], ['png', 40, 20])
    assert.equal(await colorAt(red.data, 20, 10), 'red')
    const empty = await draw('')
    for (const href of [`file://${path}`, path, 'http://127.0.0.1:1/x.png']) {
      const referring = await draw(`<script>x()</script><image href="${href}" width="40" height="20"/>`)
      assert.ok(referring.data.equals(empty.data), href)
    }
    const bomb = await decodeHere(
      Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="90000" height="90000"/>'),
      rules,
    )
    assert.equal(bomb.ok ? 'fine' : bomb.code, 'too_many_pixels')
    const entity = '<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
    const external = await decodeHere(Buffer.concat([Buffer.from(entity), drawing('<text y="15">&x;</text>')]), rules)
    assert.ok(!external.ok || external.data.equals(empty.data))
  })

  it('reports a picture that is cut short, in memory and on disk (I2)', async () => {
    await inTempDir(async (dir) => {
      const whole = [
        await jpeg(1, { width: 300, height: 300 }),
        await png({ width: 300, height: 300 }),
        await pixelBomb(5000, 5000),
      ]
      for (const [index, picture] of whole.entries()) {
        const cut = picture.subarray(0, Math.floor(picture.length * 0.7))
        const path = join(dir, String(index))
        await writeFile(path, cut)
        for (const content of [cut, path]) {
          const checked = await checkImage(content)
          const result = checked.ok ? await processImage(content, checked) : checked
          assert.equal(result.ok ? 'fine' : result.code, 'not_an_image')
        }
      }
    })
  })
})
