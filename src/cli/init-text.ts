/** What `init` wrote, and what to type next. */
import type { InitDocument } from './documents.js'
import { plain } from './print.js'
import { pairLines } from './table.js'

export function initText({ config, environment }: InitDocument): string {
  const load = environment === null ? '' : 'set -a; . ./wholesaler.env; set +a; '
  const lines = pairLines([
    ['Config', plain(config)],
    ['Secrets', environment === null ? null : `${plain(environment)}; keep it out of version control`],
    ['Next', `${load}wholesaler import --dry-run`],
  ])
  return `\n${lines.join('\n')}\n`
}
