/** `wp/v2/media`: uploads, which WordPress never de-duplicates, and look-ups by slug. */
import type { Answer, RouteContext } from './answer.js'
import { Problem } from './problem.js'
import { isObject } from './product-input.js'
import { isoSeconds, links } from './product-json.js'
import type { JsonObject, ShopAttachment, ShopState } from './shop-state.js'

const signatures = [
  Buffer.from([0xff, 0xd8]),
  Buffer.from('\x89PNG', 'latin1'),
  Buffer.from('RIFF'),
  Buffer.from('GIF8'),
]

interface NewAttachment {
  readonly file: string
  readonly slug: string
  readonly name?: string
  readonly bytes: number
  readonly data?: Buffer
  readonly now: number
}

/** Side-loads and uploads alike: a free file name, a free slug. */
export function addAttachment(state: ShopState, { file, slug, name, bytes, data, now }: NewAttachment): ShopAttachment {
  const taken = [...state.attachments.values()]
  const folder = new Date(now).toISOString().slice(0, 7).replace('-', '/')
  const ending = /\.\w+$/.exec(file)?.[0] ?? ''
  const fileName = free(file.slice(0, file.length - ending.length), ending, 1, (candidate) =>
    taken.some((each) => each.file === `${folder}/${candidate}`),
  )
  const attachment = {
    id: state.nextPost(),
    slug: free(slug, '', 2, (candidate) => taken.some((each) => each.slug === candidate)),
    file: `${folder}/${fileName}`,
    name: name ?? fileName,
    alt: '',
    bytes,
    ...(data === undefined ? {} : { data }),
    createdAt: now,
  }
  state.attachments.set(attachment.id, attachment)
  return attachment
}

function free(stem: string, ending: string, first: number, isTaken: (name: string) => boolean): string {
  for (let number = first - 1; ; number += 1) {
    const name = number === first - 1 ? `${stem}${ending}` : `${stem}-${number}${ending}`
    if (!isTaken(name)) return name
  }
}

export async function upload(
  bytes: Buffer,
  query: URLSearchParams,
  disposition: string,
  context: RouteContext,
): Promise<Answer> {
  if (!signatures.some((signature) => bytes.subarray(0, signature.length).equals(signature))) {
    throw new Problem(500, 'rest_upload_sideload_error', 'Sorry, you are not allowed to upload this file type.')
  }
  const file = /filename="([^"]+)"/.exec(disposition)?.[1] ?? 'upload.jpg'
  const name = file.replace(/\.\w+$/, '')
  const attachment = addAttachment(context.state, {
    file,
    slug: query.get('slug') ?? name,
    name,
    bytes: bytes.length,
    data: bytes,
    now: context.now(),
  })
  await context.applied({ what: 'upload', id: attachment.id, name: attachment.slug })
  return {
    status: 201,
    body: mediaJson(attachment, context.base),
    location: `${context.base}/wp-json/wp/v2/media/${attachment.id}`,
    allow: 'GET, POST',
  }
}

export function listMedia(query: URLSearchParams, { state, base }: RouteContext): Answer {
  const [slugs, include] = [query.get('slug')?.split(','), query.get('include')?.split(',').map(Number)]
  const search = query.get('search')
  const [perPage, page] = [Number(query.get('per_page') ?? 10), Number(query.get('page') ?? 1)]
  const found = [...state.attachments.values()]
    .filter(({ slug }) => slugs === undefined || slugs.includes(slug))
    .filter(({ id }) => include === undefined || include.includes(id))
    .filter(({ name }) => search === null || name.includes(search))
    .sort((one, other) => (query.get('order') === 'asc' ? one.id - other.id : other.id - one.id))
  return {
    status: 200,
    body: found.slice((page - 1) * perPage, page * perPage).map((attachment) => mediaJson(attachment, base)),
    total: found.length,
    pages: Math.ceil(found.length / perPage),
    allow: 'GET, POST',
  }
}

/** For good: WordPress has no trash for media. */
export function deleteMedia(id: number, query: URLSearchParams, { state, base }: RouteContext): Answer {
  const attachment = state.attachments.get(id)
  if (attachment === undefined) throw new Problem(404, 'rest_post_invalid_id', 'Invalid post ID.')
  if (query.get('force') !== 'true') {
    throw new Problem(
      501,
      'rest_trash_not_supported',
      "The post does not support trashing. Set 'force=true' to delete.",
    )
  }
  state.attachments.delete(id)
  return { status: 200, body: { deleted: true, previous: mediaJson(attachment, base) }, allow: 'GET, POST' }
}

/** Meta that nobody registered is dropped without a word. */
export function updateMedia(id: number, body: JsonObject, { state, base }: RouteContext): Answer {
  const attachment = state.attachments.get(id)
  if (attachment === undefined) throw new Problem(404, 'rest_post_invalid_id', 'Invalid post ID.')
  if (typeof body.alt_text === 'string') attachment.alt = body.alt_text
  const title = isObject(body.title) ? body.title.raw : body.title
  if (typeof title === 'string') attachment.name = title
  return { status: 200, body: mediaJson(attachment, base), allow: 'GET, POST, PUT, PATCH, DELETE' }
}

function mediaJson(attachment: ShopAttachment, base: string): JsonObject {
  const { id, slug, name, alt, createdAt } = attachment
  const url = `${base}/wp-content/uploads/${attachment.file}`
  const date = isoSeconds(createdAt)
  const collection = `${base}/wp-json/wp/v2/media`
  return {
    id,
    date,
    date_gmt: date,
    guid: { rendered: url, raw: url },
    modified: date,
    modified_gmt: date,
    slug,
    status: 'inherit',
    type: 'attachment',
    link: `${base}/${slug}/`,
    title: { raw: name, rendered: name },
    author: 1,
    featured_media: 0,
    comment_status: 'open',
    ping_status: 'closed',
    template: '',
    meta: [],
    permalink_template: `${base}/?attachment_id=${id}`,
    generated_slug: name,
    class_list: [`post-${id}`, 'attachment', 'type-attachment', 'status-inherit', 'hentry'],
    description: { raw: '', rendered: '' },
    caption: { raw: '', rendered: '' },
    alt_text: alt,
    media_type: 'image',
    mime_type: 'image/jpeg',
    media_details: {
      width: 1350,
      height: 1350,
      file: attachment.file,
      filesize: attachment.bytes,
      sizes: {},
      image_meta: {},
    },
    post: null,
    source_url: url,
    missing_image_sizes: [],
    _links: {
      ...links(collection, id),
      about: [{ href: `${base}/wp-json/wp/v2/types/attachment` }],
      author: [{ embeddable: true, href: `${base}/wp-json/wp/v2/users/1` }],
      replies: [{ embeddable: true, href: `${base}/wp-json/wp/v2/comments?post=${id}` }],
      'wp:action-unfiltered-html': [{ href: `${collection}/${id}` }],
      'wp:action-assign-author': [{ href: `${collection}/${id}` }],
      curies: [{ name: 'wp', href: 'https://api.w.org/{rel}', templated: true }],
    },
  }
}
