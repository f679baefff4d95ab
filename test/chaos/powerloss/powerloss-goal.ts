/** Power is lost after any step of what is written: what was acknowledged is there, without help. */
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inTempDir } from '../../support/temp-dir.js'
import { needTool } from '../fault-tools.js'
import { type Breach, defineGoal } from '../goal.js'
import { startScript } from '../script-process.js'
import { countableCalls, record } from '../strace.js'
import { type DiskEvent, parseDiskEvents, tracedCalls } from './disk-events.js'
import { DiskModel, type FolderState, type Ignored } from './disk-model.js'
import { missingAfterLoss } from './missing-after-loss.js'
import { type PowerSubject, subjects } from './power-writer.js'

const script = fileURLToPath(new URL('power-writer.ts', import.meta.url))

export const powerlossGoal = defineGoal({
  name: 'powerloss',
  promise: 'what was acknowledged is there after a power loss at any moment, without help',
  /** `ignore`: `file-sync` or `folder-sync` takes those for not done: then the promise must be broken. */
  flags: { writes: 6, subjects: subjects.join(','), ignore: 'nothing' },
  async run({ writes, subjects: names, ignore }, { say }) {
    needTool('strace')
    const broken: Breach[] = []
    const counts = { states: 0, events: 0 }
    for (const name of names.split(',')) {
      const subject = subjects.find((known) => known === name)
      if (subject === undefined) throw new Error(`--subjects takes some of ${subjects.join(',')}`)
      const { events, faults, states } = await loseAtEachStep(subject, writes, ignoredOf(ignore))
      say(`${subject}: ${events} steps, ${states} different states of the folder`)
      counts.states += states
      counts.events += events
      broken.push(...faults.map((what) => ({ what: `${subject}: ${what}`, run: null })))
    }
    if (counts.events === 0) broken.push({ what: 'no step was seen: the harness is blind', run: null })
    return { figures: { 'steps after which power was lost': counts.events, 'states looked at': counts.states }, broken }
  },
})

function ignoredOf(text: string): Ignored {
  const known: readonly Ignored[] = ['nothing', 'file-sync', 'folder-sync']
  const found = known.find((ignored) => ignored === text)
  if (found === undefined) throw new Error(`--ignore takes one of ${known.join(', ')}`)
  return found
}

async function loseAtEachStep(subject: PowerSubject, writes: number, ignored: Ignored) {
  return await inTempDir(async (dir) => {
    const folder = join(dir, 'state')
    await mkdir(folder)
    // Twice: a first write into an empty folder, and writes into one that has everything.
    const first = await recorded(subject, { folder, writes: 1, log: join(dir, 'first.log') })
    const begin = await contentOf(folder)
    const later = await recorded(subject, { folder, writes, log: join(dir, 'later.log') })
    const seen = new Set<string>()
    const faults: string[] = []
    const parts = [
      { name: 'first', events: first, begin: new Map(), known: [] },
      { name: 'later', events: later, begin, known: subject === 'numbers' ? ackedIn(first) : [] },
    ]
    for (const { name, events, begin, known } of parts) {
      const model = new DiskModel(folder, begin, ignored)
      const acked = new Set<number>(known)
      for (const [step, event] of events.entries()) {
        model.apply(event)
        for (const number of ackedIn([event])) acked.add(number)
        for (const state of model.statesAfterLoss()) {
          const key = keyOf(state, acked)
          if (seen.has(key)) continue
          seen.add(key)
          for (const fault of await lookAt(state, subject, acked, join(dir, 'after')))
            faults.push(`${name} writes, after step ${step} (${event.kind}): ${fault}`)
        }
      }
    }
    return { events: first.length + later.length, states: seen.size, faults }
  })
}

async function recorded(
  subject: PowerSubject,
  { folder, writes, log }: { readonly folder: string; readonly writes: number; readonly log: string },
): Promise<readonly DiskEvent[]> {
  const process = startScript(script, [subject, folder, writes], { env: countableCalls })
  await process.line('ready')
  const strace = await record(process.pid, tracedCalls, log)
  process.tell('go')
  const { lines, stderr } = await process.ended
  await strace.ended
  if (lines.filter((line) => line.startsWith('acked')).length !== writes) throw new Error(`it did not write: ${stderr}`)
  return parseDiskEvents(await readFile(log, 'utf8'))
}

function ackedIn(events: readonly DiskEvent[]): number[] {
  return events.flatMap((event) => {
    const number = event.kind === 'said' ? /^acked (\d+)$/.exec(event.line)?.[1] : undefined
    return number === undefined ? [] : [Number(number)]
  })
}

async function lookAt(
  state: FolderState,
  subject: PowerSubject,
  acked: ReadonlySet<number>,
  dir: string,
): Promise<readonly string[]> {
  await rm(dir, { recursive: true, force: true })
  await mkdir(dir, { recursive: true })
  for (const [name, bytes] of state) await writeFile(join(dir, name), bytes)
  return await missingAfterLoss(subject, dir, [...acked])
}

/** Files by name. What SQLite shares between processes is made anew by whoever opens the database first. */
async function contentOf(dir: string): Promise<FolderState> {
  const entries = await readdir(dir, { withFileTypes: true })
  const names = entries.filter((entry) => entry.isFile() && !entry.name.endsWith('-shm')).map(({ name }) => name)
  return new Map(await Promise.all(names.map(async (name) => [name, await readFile(join(dir, name))] as const)))
}

function keyOf(state: FolderState, acked: ReadonlySet<number>): string {
  const hash = createHash('sha256').update(`${[...acked]}`)
  for (const [name, bytes] of [...state].sort(([one], [other]) => (one < other ? -1 : 1)))
    hash.update(`\n${name} ${bytes.length}\n`).update(bytes)
  return hash.digest('hex')
}
