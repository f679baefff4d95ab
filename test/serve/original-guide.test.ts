/** Every line of the original's guide that speaks to its API, run as it stands there but for host, ids and waiting times. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { type Finished, runShell } from '../cli/run-cli.js'
import { jobsOf, putJobs, scheduleJob } from '../commands/job-desk.js'
import { guideBlocks } from '../support/original-guide.js'
import { inServedPlace, type ServedPlace, untilJob } from './serving.js'

const base = '/wp-json/wholesaler/v1'
const hasTools = ['curl', 'jq'].every((tool) => spawnSync(tool, ['--version']).status === 0)

/** Longest time for a block, in seconds: a loop that does not end fails. */
const patience = 90

/** The block with this server's host, a real job and a real product in place of the guide's. */
function madeReal(block: string, { url }: ServedPlace, jobId: number, productId: number): string {
  return block
    .replaceAll('https://yoursite.com', '')
    .replaceAll('"/wp-json', `"${url}/wp-json`)
    .replace(/(background-status\/)(?:123|JOB_ID)\b/g, `$1${jobId}`)
    .replace(/^JOB_ID=123$/m, `JOB_ID=${jobId}`)
    .replace(/(image-status\/)(?:123|PRODUCT_ID)\b/g, `$1${productId}`)
}

/** `sleep` is shortened by a function; nothing else is changed. */
async function run(block: string, place: ServedPlace, jobId: number, productId = 1): Promise<Finished> {
  const script = madeReal(block, place, jobId, productId)
  assert.ok(!/yoursite|\/123|(?:JOB|PRODUCT)_ID"|=123/.test(script.replaceAll('$JOB_ID"', '')), script)
  const sleep = 'sleep() { command sleep 0.3; }'
  const alarm = `trap 'kill 0' ALRM; (command sleep ${patience} && kill -ALRM $$) >/dev/null 2>&1 &`
  return await runShell(`${alarm}\n${sleep}\n${script}\nkill %1 2>/dev/null; true`, { cwd: place.dir })
}

/** The documents that lines of curl printed. */
function documentsOf({ stdout }: Finished) {
  const lines = stdout.split('\n').filter((line) => line.startsWith('{'))
  return lines.map((line) => JSON.parse(line))
}

const triggered = { success: true, schema_version: 1, message: 'Stuck jobs check triggered' }

/** What the guide says of a block that fits; each block fits exactly one. */
interface Said {
  readonly fits: RegExp
  readonly check: (finished: Finished, place: ServedPlace, jobId: number) => void | Promise<void>
}

const isTriggered: Said['check'] = (finished) => assert.deepEqual(documentsOf(finished)[0], triggered)

/** As the guide's enhanced response, with these options; its job ends well. */
function starts(configuration: object): Said['check'] {
  return async (finished, place) => {
    const [{ success, job_id: id, scheduled, fallbacks_enabled, message, job }] = documentsOf(finished)
    assert.deepEqual(
      { success, scheduled, fallbacks_enabled, message },
      {
        success: true,
        scheduled: true,
        fallbacks_enabled: true,
        message: 'Background import scheduled with multiple fallbacks',
      },
    )
    assert.deepEqual(job.configuration, configuration)
    assert.equal((await untilJob(place, id, 'completed', 'failed')).json.job.status, 'completed')
  }
}

const options = { total_batches: 5, products_per_batch: 100, process_images: true, update_existing: true }

const tellsImages: Said['check'] = (finished, place) => {
  const [{ success, product_id, featured_image, gallery_images, total_images, featured_image_url }] =
    documentsOf(finished)
  assert.deepEqual([success, product_id, gallery_images, total_images], [true, 1, 2, 3])
  assert.ok(Number.isInteger(featured_image) && featured_image > 0)
  assert.ok(featured_image_url.startsWith(`${place.url}/media/`), featured_image_url)
}

const said: readonly Said[] = [
  { fits: /Manually check and process/, check: isTriggered },
  { fits: /Force process stuck jobs/, check: isTriggered },
  {
    fits: /Monitor all jobs/,
    check(finished, _place, jobId) {
      const [one, all, scheduled] = documentsOf(finished)
      assert.deepEqual([one.job.id, one.job.status, all.jobs[0].id, all.jobs.length], [jobId, 'scheduled', jobId, 2])
      assert.deepEqual(
        scheduled.jobs.map((job: { id: number }) => job.id),
        [jobId],
      )
    },
  },
  {
    fits: /Get jobs scheduled more than 5 minutes ago/,
    check({ stdout }, _place, jobId) {
      const job = JSON.parse(stdout)
      assert.equal(job.id, jobId)
      assert.ok(job.created_at < Date.now() / 1000 - 300)
    },
  },
  {
    fits: /Check results/,
    async check(finished, place, jobId) {
      isTriggered(finished, place, jobId)
      const [, { jobs }] = documentsOf(finished)
      assert.ok(jobs.length > 0 && jobs.every((job: { status: string }) => job.status === 'completed'))
      // What was stuck is finished by the check that was triggered.
      await untilJob(place, jobId, 'completed')
    },
  },
  { fits: /Get product image status/, check: tellsImages },
  { fits: /Verify product has images/, check: tellsImages },
  { fits: /-H "Content-Type: application\/json"/, check: starts(options) },
  { fits: /images won't duplicate/, check: starts({ ...options, total_batches: 3, products_per_batch: 50 }) },
  { fits: /Use smaller batches/, check: starts({ ...options, total_batches: 10, products_per_batch: 25 }) },
  { fits: /Skip image processing/, check: starts({ ...options, process_images: false }) },
  {
    fits: /Check image counts before and after/,
    check: ({ stdout }) => assert.match(stdout, /^Images before: 3, after: 3$/m),
  },
  {
    fits: /Always check job status/,
    check: (finished, _place, jobId) => assert.equal(documentsOf(finished)[0].job.id, jobId),
  },
  {
    fits: /Check for stuck jobs daily/,
    check({ stdout }) {
      const [first = '', ...rest] = stdout.split('\n')
      assert.deepEqual(JSON.parse(first), triggered)
      const stats = JSON.parse(rest.join('\n'))
      assert.deepEqual([stats.failed, stats.success_rate], [0, 100])
    },
  },
  {
    fits: /while true/,
    check({ stdout }, _place, jobId) {
      assert.match(stdout, new RegExp(`: Job ${jobId} - scheduled \\(0%\\)\n`))
      assert.match(stdout, /^Job appears stuck, triggering manual processing\.\.\.$/m)
      assert.match(stdout, new RegExp(`: Job ${jobId} - completed \\(100%\\)\n$`))
    },
  },
]

/** Blocks that speak of a job which waits although it should not. */
const needStuck = /Monitor all jobs|more than 5 minutes ago|Check results|while true/

/** A job whose worker never came, ten minutes ago. */
async function hangingJob({ dir }: ServedPlace): Promise<number> {
  const configPath = join(dir, 'wholesaler.config.json')
  const id = await scheduleJob(dir, 'small', { configPath, source: null, wholesalers: ['small'] })
  const job = (await jobsOf(dir)).get(id)
  const before = Date.now() - 600_000
  if (job?.status === 'scheduled') await putJobs(dir, { ...job, createdAt: before, scheduledAt: before })
  return id
}

describe("the original's guide", function () {
  this.timeout(300_000)

  before(function () {
    if (hasTools) return
    console.error('      skipped: curl and jq are needed')
    this.skip()
  })

  it('shows lines that all work, and give what it says', function () {
    const blocks = guideBlocks(this)
    return inServedPlace({}, async (place) => {
      const first = (await place.post(`${base}/background-import`)).json.job_id
      await untilJob(place, first, 'completed')
      let stuck: number | null = null
      for (const block of blocks) {
        const fitting = said.filter(({ fits }) => fits.test(block))
        assert.equal(fitting.length, 1, block)
        if (needStuck.test(block)) stuck ??= await hangingJob(place)
        const jobId = stuck ?? first
        const finished = await run(block, place, jobId)
        assert.deepEqual(finished.code, 0, `${block}\n${finished.stdout}\n${finished.stderr}`)
        await fitting[0]?.check(finished, place, jobId)
        const { status } = (await place.get(`${base}/background-status/${jobId}`)).json.job
        if (status === 'completed') stuck = null
      }
      assert.equal(blocks.length, said.length)
    })
  })

  it('gets a job on whose worker was killed half-way', function () {
    const blocks = guideBlocks(this)
    const loop = blocks.find((block) => block.includes('while true')) ?? ''
    const trigger = blocks.find((block) => block.includes('Manually check')) ?? ''
    return inServedPlace({}, async (place) => {
      const id = await startDying(place)
      const [watched] = await Promise.all([run(loop, place, id), run(trigger, place, id)])

      assert.match(watched.stdout, new RegExp(`: Job ${id} - completed \\(100%\\)\n$`), watched.stdout)
      const { job } = (await place.get(`${base}/background-status/${id}`)).json
      assert.deepEqual([job.attempt, job.total_created], [2, 8])
    })
  })
})

/** An import whose worker dies between the shop and its own books. */
async function startDying(place: ServedPlace): Promise<number> {
  process.env.WHOLESALER_FAILPOINT = 'batch-applied:1:kill'
  try {
    return (await place.post(`${base}/background-import`, { products_per_batch: 3, total_batches: 50 })).json.job_id
  } finally {
    delete process.env.WHOLESALER_FAILPOINT
  }
}
