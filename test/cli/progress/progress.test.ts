import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import { chooseProgress } from '../../../src/cli/progress/choose-progress.js'
import { NdjsonProgress } from '../../../src/cli/progress/ndjson-progress.js'
import { Pace } from '../../../src/cli/progress/pace.js'
import { PlainProgress } from '../../../src/cli/progress/plain-progress.js'
import { noDisplay } from '../../../src/cli/progress/progress-display.js'
import { RunView } from '../../../src/cli/progress/run-view.js'
import { stepBar } from '../../../src/cli/progress/step-bar.js'
import { stepLine } from '../../../src/cli/progress/step-line.js'
import { TerminalProgress } from '../../../src/cli/progress/terminal-progress.js'
import type { ProgressEvent, Step } from '../../../src/core/progress.js'
import { fixedClock } from '../../support/fixed-clock.js'
import { runningJob } from '../sample-jobs.js'

type StepState = (ProgressEvent & { type: 'step' })['state']

function stepEvent(step: Step, state: StepState, done = 0, total: number | null = null, note?: string): ProgressEvent {
  return { type: 'step', wholesaler: 'aren', step, state, done, total, ...(note === undefined ? {} : { note }) }
}

/** The line of one step after these events, a second apart. */
function lineAfter(step: Step, ...events: readonly ProgressEvent[]): string {
  const view = new RunView()
  for (const [index, event] of events.entries()) view.apply(event, index * 1000)
  const wholesaler = view.wholesaler('aren')
  return stepLine(wholesaler, wholesaler.steps[step], stepBar)
}

const batch = (created: number, errors: number): ProgressEvent => ({
  type: 'batch',
  wholesaler: 'aren',
  batch: '4-1',
  number: 1,
  created,
  updated: 0,
  unchanged: 0,
  skipped: 0,
  errors,
  durationMs: 10,
})

describe('a step as a line', () => {
  it('shows bar, share, figures, pace and time left', () => {
    const line = lineAfter(
      'import',
      stepEvent('import', 'started', 0, 1000),
      stepEvent('import', 'progress', 100, 1000),
      stepEvent('import', 'progress', 500, 1000),
    )

    assert.equal(line, 'Import  ━━━━━━━━━╌╌╌╌╌╌╌╌╌  50 %  500 / 1,000 · 250/s · 2 s left')
  })

  it('needs no total', () => {
    assert.equal(lineAfter('stage', stepEvent('stage', 'progress', 4500)), 'Stage   4,500 products')
    assert.equal(
      lineAfter('fetch', stepEvent('fetch', 'progress', 2_400_000, 9_800_000)).slice(26),
      '  24 %  2.4 MB / 9.8 MB',
    )
  })

  it('tells what failed, and keeps the figures of its end', () => {
    const line = lineAfter('import', stepEvent('import', 'started'), batch(99, 1), stepEvent('import', 'done'))

    assert.equal(line, 'Import  99 created · 1 failed')
  })

  it('says that there was nothing to do', () => {
    assert.equal(lineAfter('fetch', stepEvent('fetch', 'skipped')), 'Fetch   unchanged')
    assert.equal(lineAfter('images', stepEvent('images', 'done')), 'Images  nothing to do')
  })

  it('never reaches what comes after a step that failed', () => {
    const failed = stepEvent('fetch', 'failed', 0, null, 'answered 404')

    assert.equal(lineAfter('fetch', failed), 'Fetch   answered 404')
    assert.equal(lineAfter('import', failed), 'Import  not reached')
  })

  it('keeps control characters of a feed out (A9)', () => {
    assert.equal(lineAfter('fetch', stepEvent('fetch', 'failed', 0, null, '\x1b[2J{bar}')), 'Fetch   ␛[2J{bar}')
  })
})

describe('Pace', () => {
  it('follows a change of speed instead of averaging over the whole run', () => {
    const pace = new Pace()
    for (let second = 0; second <= 60; second += 1) pace.note(second * 1000, second * 1000)
    for (let second = 61; second <= 120; second += 1) pace.note(second * 1000, 60_000 + (second - 60) * 10)

    assert.equal(Math.round(pace.perSecond() ?? 0), 10)
    assert.equal(Math.round(pace.secondsTo(60_700) ?? 0), 10)
  })

  it('says nothing too early', () => {
    const pace = new Pace()
    pace.note(0, 0)
    pace.note(10, 500)

    assert.equal(pace.perSecond(), null)
    assert.equal(pace.secondsTo(1000), null)
  })
})

describe('progress in a pipe', () => {
  it('is one line a minute, without control characters', () => {
    const lines: string[] = []
    const clock = fixedClock()
    const progress = new PlainProgress((line) => lines.push(line), clock)
    progress.emit({ type: 'job', job: runningJob(4) })
    for (let second = 0; second < 150; second += 1) {
      progress.emit(stepEvent('import', 'progress', second * 10, 5000))
      clock.advance(1000)
    }

    assert.deepEqual(lines, [
      'job 4, aren: import 600 / 5,000 · 10/s · 7 min 20 s left\n',
      'job 4, aren: import 1,200 / 5,000 · 10/s · 6 min 20 s left\n',
    ])
  })

  it('says warnings at once, and counts a flood of them', async () => {
    const lines: string[] = []
    const progress = new PlainProgress((line) => lines.push(line), fixedClock())
    for (let index = 0; index < 25; index += 1)
      progress.emit({ type: 'warning', message: '\x1b[31mshort row', hint: 'ok' })

    await progress.close()
    await progress.close()

    assert.equal(lines.length, 21)
    assert.equal(lines[0], 'Warning: ␛[31mshort row ok\n')
    assert.equal(lines[20], 'Warning: 5 more warnings are not shown.\n')
  })
})

describe('progress as --ndjson', () => {
  it('writes one object a line, steps at most once a second, the summary last', async () => {
    const lines: string[] = []
    const clock = fixedClock()
    const progress = new NdjsonProgress((line) => lines.push(line), clock)
    progress.emit({ type: 'job', job: runningJob(4) })
    for (let index = 0; index < 100; index += 1) progress.emit(stepEvent('stage', 'progress', index))
    progress.emit(stepEvent('stage', 'done', 100))
    await progress.close()
    progress.emit({ type: 'warning', message: 'too late' })
    progress.summary({ success: true, schema_version: 1, job_id: 4 })

    const events = lines.map((line) => JSON.parse(line) as { type: string; job_id: number; state?: string })
    assert.deepEqual(
      events.map(({ type }) => type),
      ['job', 'step', 'step', 'summary'],
    )
    assert.ok(events.every(({ job_id: id }) => id === 4))
    assert.ok(lines.every((line) => line.indexOf('\n') === line.length - 1))
  })
})

describe('progress in a terminal', () => {
  function screen() {
    let text = ''
    const stream = new Writable({
      write(chunk: Buffer, _encoding, done) {
        text += chunk.toString()
        done()
      },
    }) as unknown as NodeJS.WriteStream
    return { stream: Object.assign(stream, { isTTY: true, columns: 100, rows: 30 }), text: () => text }
  }

  it('ends with every step, its figures and the warnings, and gives cursor and title back', async () => {
    const { stream, text } = screen()
    const progress = new TerminalProgress(stream, fixedClock())

    progress.emit({ type: 'job', job: runningJob(4) })
    progress.emit(stepEvent('fetch', 'started'))
    progress.emit(stepEvent('fetch', 'done', 24_500_000))
    progress.emit(stepEvent('stage', 'done', 1000))
    progress.emit({ type: 'warning', message: 'short \x1b[31mrows' })
    progress.emit(stepEvent('import', 'progress', 500, 1000))
    await progress.close()
    await progress.close()

    const last = stripVTControlCharacters(text()).replaceAll('\r', '')
    assert.match(
      last,
      /aren\n {2}✔ Fetch {3}24\.5 MB\n {2}✔ Stage {3}1,000 products\n {2}↓ Import {2}500 \/ 1,000 · stopped\n/,
    )
    assert.match(last, /↓ Images {2}not reached\n/)
    assert.match(last, /Warning: short ␛\[31mrows\n$/)
    assert.ok(text().includes('\x1b]0;wholesaler: aren import 50 %\x07'))
    assert.ok(text().lastIndexOf('\x1b[?25h') > text().lastIndexOf('\x1b[?25l'))
    assert.ok(text().lastIndexOf('\x1b]0;\x07') > text().lastIndexOf('\x1b]0;wholesaler'))
  })

  it('draws nothing when nothing happened', async () => {
    const { stream, text } = screen()

    await new TerminalProgress(stream, fixedClock()).close()

    assert.equal(text(), '')
  })

  it('has no images step when the job has none', async () => {
    const { stream, text } = screen()
    const progress = new TerminalProgress(stream, fixedClock())
    progress.emit({ type: 'job', job: runningJob(4, { options: { images: false } }) })
    progress.emit(stepEvent('fetch', 'skipped'))
    await progress.close()

    assert.match(text(), /unchanged/)
    assert.doesNotMatch(text(), /Images/)
  })
})

describe('chooseProgress', () => {
  const wishes = { tty: false, json: false, ndjson: false, quiet: false }

  it('draws in a terminal only, also with --json, and streams for --ndjson', async () => {
    const choose = async (wish: Partial<typeof wishes>, env = {}) =>
      (await chooseProgress({ ...wishes, ...wish }, fixedClock(), env)).constructor.name

    assert.equal(await choose({ tty: true, json: true }), TerminalProgress.name)
    assert.equal(await choose({ tty: true }, { TERM: 'dumb' }), PlainProgress.name)
    assert.equal(await choose({}), PlainProgress.name)
    assert.equal(await choose({ tty: true, ndjson: true }), NdjsonProgress.name)
    assert.equal(await chooseProgress({ ...wishes, tty: true, quiet: true }), noDisplay)
  })
})
