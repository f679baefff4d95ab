/**
 * A run in a terminal: listr2 draws one line per step, on stderr. It owns the terminal until `close`; bars
 * are text in its lines.
 */
import { Writable } from 'node:stream'
import { DefaultRenderer, Listr, ListrLogger, type ListrTaskWrapper, ProcessOutput, type SimpleRenderer } from 'listr2'
import type { Clock } from '../../core/clock.js'
import type { JobOptions } from '../../core/jobs/job.js'
import { type ProgressEvent, type Step, steps } from '../../core/progress.js'
import { plain } from '../print.js'
import type { ProgressDisplay } from './progress-display.js'
import { RunView, type StepView, type WholesalerView } from './run-view.js'
import { stepBar } from './step-bar.js'
import { stepLine } from './step-line.js'
import { titleOf } from './terminal-title.js'
import { warningText } from './warning-text.js'

/** listr2 asks whether *stdout* is a terminal; these lines go to stderr, which was looked at already. */
class StderrRenderer extends DefaultRenderer {
  static override nonTTY = true
}

type Task = ListrTaskWrapper<undefined, typeof StderrRenderer, typeof SimpleRenderer>

/** Lines change at most this often, however fast events come; the spinner turns as often. */
const redrawMs = 100

/** DECTCEM: https://vt100.net/docs/vt510-rm/DECTCEM.html */
const showCursor = '\x1b[?25h'

/** A line that is drawn: the step behind it, and how to end it. */
interface Line {
  task: Task | null
  end: () => void
  readonly ended: Promise<void>
  changedAtMs: number
}

export class TerminalProgress implements ProgressDisplay {
  private readonly view = new RunView()
  private readonly lines = new Map<StepView, Line>()
  private readonly output: ProcessOutput
  private plannedNames: readonly string[] = []
  private drawing: Promise<unknown> | null = null
  private closed = false
  private title = ''

  constructor(
    private readonly stream: NodeJS.WriteStream,
    private readonly clock: Clock,
    /** Steps that get a line, where a job's options say nothing else. */
    private plannedSteps: readonly Step[] = steps,
  ) {
    // Only stderr is taken: what goes to stdout meanwhile is data and passes by.
    this.output = new ProcessOutput(
      stream,
      new Writable({ write: (_chunk, _encoding, done) => done() }) as typeof stream,
      {
        dump: ['stdout'],
        leaveEmptyLine: false,
      },
    )
  }

  emit(event: ProgressEvent): void {
    if (this.closed) return
    const now = this.clock.monotonic()
    const changed = this.view.apply(event, now)
    if (event.type === 'job') this.plan(event.job.options)
    if (event.type === 'warning') this.showWarning(event.message)
    if (event.type === 'step' && changed !== null) {
      this.drawing ??= this.draw(event.wholesaler)
      this.moveOn(changed, changed.steps[event.step], now)
    }
  }

  async close(): Promise<void> {
    if (this.closed) return
    this.closed = true
    this.view.end()
    for (const line of this.lines.values()) line.end()
    await this.drawing
    process.off('exit', this.restore)
    this.restore()
    this.stream.write(warningText(this.view, this.stream))
  }

  /** What will be drawn: known before the first step, so that every line stands from the start. */
  private plan({ wholesalers, images }: JobOptions): void {
    this.plannedNames = wholesalers
    this.plannedSteps = images ? steps : steps.filter((step) => step !== 'images')
  }

  private draw(first: string): Promise<unknown> {
    const names = this.plannedNames.includes(first) ? this.plannedNames : [first, ...this.plannedNames]
    const views = names.map((name) => this.view.wholesaler(name))
    for (const view of views) for (const step of this.plannedSteps) this.lines.set(view.steps[step], newLine())
    const list = new Listr<undefined, typeof StderrRenderer>(
      views.map((view) => ({ title: plain(view.name), task: (_context, task) => this.drawWholesaler(view, task) })),
      {
        concurrent: true,
        exitOnError: false,
        // Ending on SIGINT is the command's business; listr2 would call process.exit.
        registerSignalListeners: false,
        renderer: StderrRenderer,
        rendererOptions: {
          collapseSubtasks: false,
          formatOutput: 'truncate',
          logger: new ListrLogger({ processOutput: this.output, useIcons: true }),
        },
      },
    )
    process.once('exit', this.restore)
    return list.run()
  }

  /** Also when the process is ended in the middle: a hidden cursor would stay hidden. */
  private readonly restore = () => {
    if (this.drawing !== null) this.output.toStdout(showCursor + (this.title === '' ? '' : titleOf('')), false)
  }

  private drawWholesaler(view: WholesalerView, parent: Task) {
    return parent.newListr(
      this.plannedSteps.map((name) => {
        const step = view.steps[name]
        return {
          title: stepLine(view, step, stepBar),
          task: (_context: undefined, task: Task) => this.drawStep(view, step, task),
        }
      }),
      { concurrent: false, exitOnError: false },
    )
  }

  /** Lives as long as the line is drawn: until its step has ended, or the display is closed. */
  private async drawStep(view: WholesalerView, step: StepView, task: Task): Promise<void> {
    const line = this.lines.get(step)
    if (line === undefined) return
    line.task = task
    task.title = stepLine(view, step, stepBar)
    await line.ended
    if (step.state === 'failed') throw new Error(stepLine(view, step, stepBar))
    if (step.state === 'done') task.title = stepLine(view, step, stepBar)
    else task.skip(stepLine(view, step, stepBar))
  }

  private moveOn(view: WholesalerView, step: StepView, now: number): void {
    const line = this.lines.get(step)
    if (line === undefined) return
    if (step.state === 'running' && now - line.changedAtMs < redrawMs) return
    line.changedAtMs = now
    if (line.task !== null) line.task.title = stepLine(view, step, stepBar)
    for (const [other, { end }] of this.lines) if (hasEnded(other)) end()
    this.showTitle()
  }

  private showWarning(message: string): void {
    const running = this.view.runningStep()
    const line = running === null ? undefined : this.lines.get(running.step)
    if (line?.task) line.task.output = plain(message)
  }

  private showTitle(): void {
    const running = this.view.runningStep()
    if (running === null) return
    const { done, total } = running.step
    const percent = total === null || total === 0 ? '' : ` ${Math.min(100, Math.floor((done / total) * 100))} %`
    const title = titleOf(`wholesaler: ${plain(running.wholesaler.name)} ${running.step.step}${percent}`)
    if (title === this.title) return
    this.title = title
    this.output.toStdout(title, false)
  }
}

function hasEnded({ state }: StepView): boolean {
  return state !== 'running' && state !== 'waiting'
}

function newLine(): Line {
  let end = () => {}
  const ended = new Promise<void>((resolve) => {
    end = resolve
  })
  return { task: null, end, ended, changedAtMs: Number.NEGATIVE_INFINITY }
}
