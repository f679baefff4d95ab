/** Looking for stuck jobs until it is certain of each, which takes watching where an owner may be silent. */
import { type Finding, type FindOptions, type FindPorts, findStuck, isUnsure } from './find-stuck.js'

export interface LookRequest extends FindOptions {
  /** Watch owners that may be silent until it is certain, and wait for jobs that others are at work on. */
  readonly wait: boolean
  /** Starts a worker for a job and tells whether it came up. Null: work in this process. */
  readonly launch: ((id: number) => Promise<boolean>) | null
  readonly signal: AbortSignal
}

export interface LookPorts extends FindPorts {
  /** Told what is seen and done, for people. */
  readonly onNote: (message: string) => void
}

/** Milliseconds between two looks at what may be silent. */
const watchEveryMs = 5_000

/**
 * Looks until everything that only watching can tell is told; a minute and a half at most. What is certain does
 * not wait for the rest: it is restarted meanwhile, for whoever is there to take it.
 */
export async function lookForStuck(
  request: LookRequest,
  ports: LookPorts,
  restart: ((stuck: readonly Finding[]) => Promise<unknown>) | null,
): Promise<readonly Finding[]> {
  const certain = new Map<number, Finding>()
  const firstBeats = new Map<number, number>()
  for (;;) {
    const seen = await findStuck(ports, request)
    const findings = [...seen.filter(({ job }) => !certain.has(job.id)), ...certain.values()].sort(byJob)
    const patient = request.wait && request.launch === null
    const isOpen = (found: Finding) => isUnsure(found, ports.clock.now(), patient) && !hasBeaten(found, firstBeats)
    const unsure = request.wait ? findings.filter(isOpen) : []
    if (unsure.length === 0) return findings
    if (restart !== null) {
      const stuck = findings.filter(({ job, verdict }) => verdict.state === 'stuck' && !certain.has(job.id))
      await restart(stuck)
      for (const found of stuck) certain.set(found.job.id, found)
    }
    const ids = unsure.map(({ job }) => job.id).join(', ')
    ports.onNote(`Watching job ${ids}: its process may be silent.`)
    await ports.clock.sleep(watchEveryMs, request.signal)
  }
}

/** True when the job's heart has beaten since the first look here: it lives, whatever the clocks of both say. */
function hasBeaten({ job, observation }: Finding, firstBeats: Map<number, number>): boolean {
  const beat = observation?.heartbeat?.hbSeq ?? 0
  const first = firstBeats.get(job.id)
  if (first === undefined) firstBeats.set(job.id, beat)
  return first !== undefined && first !== beat
}

function byJob(one: Finding, other: Finding): number {
  return one.job.id - other.job.id
}
