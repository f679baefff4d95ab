/** Several jobs at once in a terminal: a cli-progress bar each. There is nothing else on the screen. */
import cliProgress from 'cli-progress'
import type { Job } from '../../core/jobs/job.js'
import { jobFigures } from '../job-text.js'

type Bar = ReturnType<cliProgress.MultiBar['create']>

export class JobBars {
  private readonly bars: cliProgress.MultiBar
  private readonly shown = new Map<number, Bar>()

  constructor(stream: NodeJS.WriteStream) {
    const format = '{job} {bar} {percentage} %  {figures}'
    this.bars = new cliProgress.MultiBar(
      { format, stream, hideCursor: true, emptyOnZero: true, barsize: 24, fps: 4 },
      cliProgress.Presets.shades_classic,
    )
  }

  show(job: Job): void {
    const { processed, estimatedTotal } = job.counts
    const payload = { job: `Job ${job.id} ${job.status}`, figures: jobFigures(job) }
    let bar = this.shown.get(job.id)
    if (bar === undefined) {
      bar = this.bars.create(estimatedTotal ?? 0, processed, payload)
      this.shown.set(job.id, bar)
    }
    bar.setTotal(estimatedTotal ?? 0)
    bar.update(processed, payload)
  }

  /** Takes the job's bar away. */
  remove(id: number): void {
    const bar = this.shown.get(id)
    if (bar !== undefined) this.bars.remove(bar)
    this.shown.delete(id)
  }

  /** A line that stays, above the bars; ends with a line end. */
  line(text: string): void {
    this.bars.log(text)
    this.bars.update()
  }

  end(): void {
    this.bars.stop()
  }
}
