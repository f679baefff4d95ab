/** What a POST says: its body, and its query where the body says nothing, as WordPress does. */
import { type GivenFields, readBody } from './read-body.js'
import type { RequestContext, ServePorts } from './route.js'

/** Throws as `readBody` does. */
export async function readGiven(context: RequestContext, { limits }: Pick<ServePorts, 'limits'>): Promise<GivenFields> {
  const body = await readBody(context.env.incoming, limits.bodyBytesMax)
  return { ...context.req.query(), ...body }
}
