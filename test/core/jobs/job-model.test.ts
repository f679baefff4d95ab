import { checkEveryEnd, checkEveryStep } from './job-model.js'

/** `npm run chaos -- model` does more. */
const runs = 500

describe('a job under any sequence of events', () => {
  it('never takes a way that is not in the table, never lowers its token, and can always be read back', () => {
    checkEveryStep({ runs })
  })

  it('reaches its end from wherever it is, when every worker crashes and recovery goes on', () => {
    checkEveryEnd({ runs })
  })
})
