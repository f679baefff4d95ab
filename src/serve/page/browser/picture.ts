/** Pictures of products: shown where this server has them, and linked where only the shop does. */
import { addressOf, el } from './element.js'

/** `url`: where the image is now, as documents say it. */
export function picture(url: string, alt: string): HTMLElement {
  const address = mediaAddress(url)
  if (address === null) return el('div', { class: 'picture elsewhere' }, 'kept by the shop', addressOf(url))
  const shown = el('img', { src: address, alt, loading: 'lazy', decoding: 'async' })
  const frame = el('div', { class: 'picture' }, shown)
  shown.addEventListener('error', () => {
    frame.replaceChildren('the file is gone')
    frame.className = 'picture none'
  })
  return frame
}

/** A file of the media folder is named for its sha256; it is had from here alone, whatever host the document names. */
function mediaAddress(url: string): string | null {
  const [, sha256] = /(?:^|\/)([0-9a-f]{64})(?:\.[a-z0-9]+)?$/.exec(url) ?? []
  const isElsewhere = /^https?:/i.test(url) && !(URL.canParse(url) && new URL(url).host === location.host)
  return sha256 === undefined || isElsewhere ? null : `/media/${sha256}`
}
