/** The states of a job against a model of them, under events in any order. */
import { checkEveryEnd, checkEveryStep } from '../../core/jobs/job-model.js'
import { defineGoal } from '../goal.js'

export const modelGoal = defineGoal({
  name: 'model',
  promise: 'whatever happens in whatever order, a job takes no way that is not allowed, and comes to its end',
  flags: { runs: 100_000 },
  async run({ runs }, { seed }) {
    const broken: { readonly what: string; readonly run: null }[] = []
    for (const check of [checkEveryStep, checkEveryEnd]) {
      try {
        check({ runs, seed })
      } catch (error: unknown) {
        broken.push({ what: error instanceof Error ? error.message : String(error), run: null })
      }
    }
    return { figures: { 'sequences of up to 60 events': `2 x ${runs}` }, broken }
  },
})
