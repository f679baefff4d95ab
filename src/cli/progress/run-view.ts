/** What a run looks like at a moment: events in, figures for a line of text out. Knows no terminal. */
import { type ProgressEvent, type Step, steps } from '../../core/progress.js'
import { Pace } from './pace.js'

/** `stopped`: the run ended in the middle of it. `unreached`: the run ended before it. */
export type StepState = 'waiting' | 'running' | 'done' | 'skipped' | 'failed' | 'stopped' | 'unreached'

export interface StepView {
  readonly step: Step
  state: StepState
  done: number
  /** Null when nobody knows how much there is. */
  total: number | null
  note: string | null
  readonly pace: Pace
}

export interface WholesalerView {
  readonly name: string
  readonly steps: Readonly<Record<Step, StepView>>
  readonly products: { created: number; updated: number; unchanged: number; skipped: number; errors: number }
  readonly images: { attached: number; downloaded: number; duplicates: number; failed: number }
  rejects: number
}

export interface WarningView {
  readonly message: string
  readonly hint: string | null
}

/** Warnings kept for the end of a run: the first ones tell, a flood of them helps nobody. */
const warningsMax = 20

export class RunView {
  readonly wholesalers = new Map<string, WholesalerView>()
  readonly warnings: WarningView[] = []
  warningCount = 0
  jobId: number | null = null

  /** Returns the wholesaler that changed, if one did. `atMs` is monotonic. */
  apply(event: ProgressEvent, atMs: number): WholesalerView | null {
    if (event.type === 'job') {
      this.jobId = event.job.id
      return null
    }
    if (event.type === 'warning') {
      this.warningCount += 1
      if (this.warnings.length < warningsMax) this.warnings.push({ message: event.message, hint: event.hint ?? null })
      return null
    }
    const view = this.wholesaler(event.type === 'feed' ? event.feed.wholesaler : event.wholesaler)
    if (event.type === 'step') applyStep(view, event, atMs)
    else count(view, event)
    return view
  }

  /** The step that runs now, of the wholesaler that moved last; null between steps. */
  runningStep(): { readonly wholesaler: WholesalerView; readonly step: StepView } | null {
    let latest: { readonly wholesaler: WholesalerView; readonly step: StepView } | null = null
    for (const wholesaler of this.wholesalers.values()) {
      for (const name of steps) {
        const step = wholesaler.steps[name]
        if (step.state !== 'running') continue
        if (latest === null || step.pace.latestMs >= latest.step.pace.latestMs) latest = { wholesaler, step }
      }
    }
    return latest
  }

  /** The run is over: what runs has stopped, what waits is never reached. */
  end(): void {
    for (const { steps: ended } of this.wholesalers.values()) {
      for (const step of Object.values(ended)) {
        if (step.state === 'running') step.state = 'stopped'
        if (step.state === 'waiting') step.state = 'unreached'
      }
    }
  }

  /** The view of a wholesaler, new when it was not heard of before. */
  wholesaler(name: string): WholesalerView {
    const known = this.wholesalers.get(name)
    if (known !== undefined) return known
    const view: WholesalerView = {
      name,
      steps: { fetch: newStep('fetch'), stage: newStep('stage'), import: newStep('import'), images: newStep('images') },
      products: { created: 0, updated: 0, unchanged: 0, skipped: 0, errors: 0 },
      images: { attached: 0, downloaded: 0, duplicates: 0, failed: 0 },
      rejects: 0,
    }
    this.wholesalers.set(name, view)
    return view
  }
}

function newStep(step: Step): StepView {
  return { step, state: 'waiting', done: 0, total: null, note: null, pace: new Pace() }
}

const endStates = {
  started: 'running',
  progress: 'running',
  done: 'done',
  skipped: 'skipped',
  failed: 'failed',
} as const

function applyStep(view: WholesalerView, event: ProgressEvent & { type: 'step' }, atMs: number): void {
  const step = view.steps[event.step]
  step.state = endStates[event.state]
  if (event.note !== undefined) step.note = event.note
  if (event.total !== null) step.total = event.total
  // An end without figures keeps the last ones.
  if (event.state === 'progress' || event.done > 0) step.done = event.done
  step.pace.note(atMs, step.done)
  if (event.state !== 'failed') return
  for (const later of steps.slice(steps.indexOf(event.step) + 1)) view.steps[later].state = 'unreached'
}

function count(view: WholesalerView, event: Exclude<ProgressEvent, { type: 'job' | 'warning' | 'step' }>): void {
  switch (event.type) {
    case 'batch':
      for (const name of ['created', 'updated', 'unchanged', 'skipped', 'errors'] as const) {
        view.products[name] += event[name]
      }
      return
    case 'image':
      if (event.outcome === 'downloaded') view.images.downloaded += 1
      if (event.outcome === 'duplicate') view.images.duplicates += 1
      if (event.outcome === 'failed') view.images.failed += 1
      if (event.outcome === 'downloaded' || event.outcome === 'attached') view.images.attached += 1
      return
    case 'reject':
      view.rejects += 1
      return
    case 'feed':
      view.rejects = event.feed.rejects
      return
    case 'product':
      return
    default:
      event satisfies never
  }
}
