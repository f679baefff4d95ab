/** What `feed inspect` and `feed diff` share: feeds are read as an import reads them, in a state that is thrown away. */
import type { StageOptions } from '../core/stage-feed.js'
import type { Wholesaler } from '../core/wholesaler.js'
import { listenForInterruption } from './interruption.js'
import { toStderr } from './print.js'
import type { openLookout } from './wiring.js'

/** A feed as the command line names it. */
export interface NamedFeed {
  readonly source: string
  /** Name of the wholesaler; null: by its source. */
  readonly as: string | null
}

export interface LookFlags {
  readonly preset?: string | undefined
  readonly format?: Wholesaler['hints']['format'] | undefined
  readonly lenient: boolean
  readonly 'allow-private-host'?: readonly string[] | undefined
}

export interface Lookout {
  readonly ports: Awaited<ReturnType<typeof openLookout>>
  readonly options: Pick<StageOptions, 'allowPrivateHosts' | 'signal'>
  /** As the config and the flags say. Throws as `resolveWholesalers` does. */
  readonly resolve: (feed: NamedFeed) => Wholesaler
}

/** Throws what is wrong with the config, and what `look` throws. */
export async function lookAtFeeds<R>(
  configPath: string | null,
  flags: LookFlags,
  look: (lookout: Lookout) => Promise<R>,
): Promise<R> {
  const [{ loadConfig }, { resolveWholesalers }, { withThrowawayState }, { openLookout }] = await Promise.all([
    import('../core/config/load-config.js'),
    import('../core/config/resolve-wholesalers.js'),
    import('../core/throwaway-state.js'),
    import('./wiring.js'),
  ])
  const config = await loadConfig(configPath)
  const { preset = null, format = null, lenient } = flags
  const resolve = ({ source, as }: NamedFeed): Wholesaler => {
    const around = { cwd: process.cwd(), env: process.env }
    const [wholesaler] = resolveWholesalers(config, { source, as, preset, format, lenient }, around)
    if (wholesaler === undefined) throw new Error('a source always resolves to a wholesaler')
    return wholesaler
  }
  const allowPrivateHosts = [...config.network.allowPrivate, ...(flags['allow-private-host'] ?? [])]
  const interruption = listenForInterruption(toStderr)
  try {
    return await withThrowawayState(async (stateDir) => {
      const ports = await openLookout(stateDir, config)
      try {
        return await look({ ports, options: { allowPrivateHosts, signal: interruption.signal }, resolve })
      } finally {
        await ports.close()
      }
    })
  } finally {
    interruption.dispose()
  }
}
