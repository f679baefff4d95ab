/** Writes of one batch route, sent in requests as large as the pace allows, each write with an end of its own. */
import type { Fields } from './fields.js'
import type { Pacer } from './pacer.js'
import { problemOf, type ShopClient, type ShopProblem } from './shop-client.js'
import { foldShopSku } from './shop-entry.js'

export type Op =
  | { readonly list: 'create'; readonly body: Fields }
  | { readonly list: 'update'; readonly body: Fields & { readonly id: number } }
  | { readonly list: 'delete'; readonly id: number }

export type OpEnd =
  | { readonly kind: 'done'; readonly id: number }
  | { readonly kind: 'refused'; readonly problem: ShopProblem }
  /** It may have been done: to be looked for. */
  | { readonly kind: 'unknown'; readonly reason: string; readonly retryAfterMs: number | null }
  | { readonly kind: 'not_sent'; readonly reason: string; readonly retryAfterMs: number | null }

/** The answer without what nobody reads. `create.id` alone would give an empty list. */
const answerFields = 'create,update,delete,id,sku,error'

/** Never throws for what happens to a write, only for what stops the run. */
export async function sendOps(
  route: string,
  ops: readonly Op[],
  { client, pacer }: { readonly client: ShopClient; readonly pacer: Pacer },
): Promise<ReadonlyMap<Op, OpEnd>> {
  const ends = new Map<Op, OpEnd>()
  const lists = pacer.split(ops).flatMap(withinBytes)
  const sent = lists.map(async (list) => {
    const write = await pacer.run(list.length, () =>
      client.write('POST', route, bodyOf(list), { _fields: answerFields }),
    )
    if (write.kind === 'done') for (const [op, end] of matchAnswers(list, write.value)) ends.set(op, end)
    else if (write.kind === 'refused') for (const op of list) ends.set(op, { kind: 'refused', problem: write.problem })
    else for (const op of list) ends.set(op, write)
  })
  // One that stops the run must not leave the others under way behind its back.
  await Promise.allSettled(sent)
  await Promise.all(sent)
  return ends
}

/** Bytes of a body that every web server takes: nginx refuses more than 1 MB unless it is told otherwise. */
const bodyBytesMax = 900_000

/** Long descriptions make fewer products fit. One that is too long alone is sent alone. */
function withinBytes(ops: readonly Op[]): Op[][] {
  const lists: Op[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const op of ops) {
    const more = Buffer.byteLength(JSON.stringify(op))
    if (bytes + more > bodyBytesMax) {
      lists.push([])
      bytes = 0
    }
    lists.at(-1)?.push(op)
    bytes += more
  }
  return lists
}

function bodyOf(ops: readonly Op[]): Record<string, unknown[]> {
  const body: Record<string, unknown[]> = {}
  for (const op of ops) body[op.list] = [...(body[op.list] ?? []), op.list === 'delete' ? op.id : op.body]
  return body
}

/**
 * Which answer belongs to which write. Updates and deletions are told by id, created products by SKU; an error of a
 * create has neither and counts only where it stands, as long as all others stand where they should. What is missing
 * is unknown.
 */
export function matchAnswers(ops: readonly Op[], value: unknown): ReadonlyMap<Op, OpEnd> {
  const ends = new Map<Op, OpEnd>()
  const lists = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  for (const list of ['create', 'update', 'delete'] as const) {
    const sent = ops.filter((op) => op.list === list)
    const answers = Array.isArray(lists[list]) ? lists[list].map(parseAnswer) : []
    const found = list === 'create' ? matchCreated(sent, answers) : matchById(sent, answers)
    for (const op of sent) ends.set(op, found.get(op) ?? unanswered)
  }
  return ends
}

const unanswered: OpEnd = { kind: 'unknown', reason: 'the shop did not answer for this product', retryAfterMs: null }

interface Answer {
  readonly id: number
  readonly sku: string
  readonly problem: ShopProblem | null
}

function parseAnswer(value: unknown): Answer | null {
  if (typeof value !== 'object' || value === null) return null
  const { id, sku, error } = value as Record<string, unknown>
  if (typeof id !== 'number') return null
  const { data } = (error ?? {}) as { data?: { status?: unknown } }
  const status = typeof data?.status === 'number' ? data.status : 400
  const problem = error === undefined ? null : problemOf(Math.max(400, status), error)
  return { id, sku: typeof sku === 'string' ? sku : '', problem }
}

function matchById(sent: readonly Op[], answers: readonly (Answer | null)[]): Map<Op, OpEnd> {
  const byId = new Map(answers.flatMap((answer) => (answer === null ? [] : [[answer.id, answer] as const])))
  const ends = new Map<Op, OpEnd>()
  for (const op of sent) {
    const id = op.list === 'delete' ? op.id : op.list === 'update' ? op.body.id : 0
    const answer = byId.get(id)
    if (answer !== undefined) ends.set(op, endOf(answer))
  }
  return ends
}

function matchCreated(sent: readonly Op[], answers: readonly (Answer | null)[]): Map<Op, OpEnd> {
  const ends = new Map<Op, OpEnd>()
  const isInOrder =
    answers.length === sent.length &&
    answers.every((answer, index) => answer === null || answer.problem !== null || isSku(answer.sku, sent[index]))
  const bySku = new Map<string, Answer>()
  for (const answer of answers) if (answer !== null && answer.sku !== '') bySku.set(foldShopSku(answer.sku), answer)
  for (const [index, op] of sent.entries()) {
    const answer = (isInOrder ? answers[index] : undefined) ?? bySku.get(skuOf(op))
    if (answer != null) ends.set(op, endOf(answer))
  }
  return ends
}

function endOf({ id, problem }: Answer): OpEnd {
  return problem === null ? { kind: 'done', id } : { kind: 'refused', problem }
}

function isSku(sku: string, op: Op | undefined): boolean {
  return op !== undefined && foldShopSku(sku) === skuOf(op)
}

function skuOf(op: Op): string {
  return op.list === 'create' && typeof op.body.sku === 'string' ? foldShopSku(op.body.sku) : ''
}
