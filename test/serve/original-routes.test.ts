/** The original's five routes: its parameters, defaults, limits and documents. */
import assert from 'node:assert/strict'
import { inServedPlace, untilJob } from './serving.js'

const base = '/wp-json/wholesaler/v1'

describe('the routes of the original', () => {
  it('import in the background, tell how it goes, list jobs and count images', () =>
    inServedPlace({}, async (place) => {
      const started = await place.post(`${base}/background-import`, { total_batches: 3, products_per_batch: 4 })
      const { success, job_id: id, scheduled, fallbacks_enabled: fallbacks, message } = started.json
      const ended = await untilJob(place, id, 'completed', 'failed')
      const listed = await place.get(`${base}/background-jobs?status=completed&limit=5`)
      const images = await place.get(`${base}/image-status/1`)

      assert.deepEqual([success, scheduled, fallbacks], [true, true, true])
      assert.equal(message, 'Background import scheduled with multiple fallbacks')
      const { status, progress, total_created: created, configuration } = ended.json.job
      assert.deepEqual([status, progress, created], ['completed', 100, 8])
      assert.deepEqual(configuration, {
        total_batches: 3,
        products_per_batch: 4,
        process_images: true,
        update_existing: true,
      })
      assert.deepEqual([listed.json.jobs.map((job: { id: number }) => job.id), listed.json.stats.completed], [[id], 1])
      assert.equal(images.json.product_id, 1)
      assert.equal(images.json.total_images, images.json.gallery_images + 1)
      assert.match(images.json.featured_image_url, new RegExp(`^${place.url}/media/[0-9a-f]{64}$`))
      assert.deepEqual(place.reported, [])
    }))

  it('take one batch of fifty with images and updates when nothing is said, in each way of saying nothing', () =>
    inServedPlace({ idle: true }, async (place) => {
      const usual = { total_batches: 1, products_per_batch: 50, process_images: true, update_existing: true }
      for (const body of [undefined, {}, { total_batches: null }]) {
        const { json } = await place.post(`${base}/background-import`, body)
        assert.deepEqual(json.job.configuration, usual)
      }
    }))

  it('read JSON, form fields, and the JSON that curl sends under the form type', () =>
    inServedPlace({ idle: true }, async (place) => {
      const said = { total_batches: 2, products_per_batch: 7, process_images: false, update_existing: false }
      const form = 'total_batches=2&products_per_batch=7&process_images=false&update_existing=0'
      const sent: readonly [string, string][] = [
        ['application/json; charset=utf-8', JSON.stringify(said)],
        ['application/x-www-form-urlencoded', form],
        ['application/x-www-form-urlencoded', JSON.stringify(said, null, 2)],
      ]
      for (const [type, body] of sent) {
        const headers = { 'content-type': type }
        const response = await fetch(`${place.url}${base}/background-import`, { method: 'POST', headers, body })
        const { job } = (await response.json()) as { job: { configuration: object } }
        assert.deepEqual(job.configuration, said, body)
      }
    }))

  it('refuse what is out of the limits, naming field and limits, and make no job of it', () =>
    inServedPlace({ idle: true }, async (place) => {
      const wrong: readonly object[] = [
        { total_batches: 0 },
        { total_batches: 51 },
        { total_batches: 1.5 },
        { total_batches: 'many' },
        { total_batches: [1] },
        { products_per_batch: 0 },
        { products_per_batch: 101 },
        { process_images: 'perhaps' },
        { update_existing: {} },
      ]
      for (const body of wrong) {
        const { status, json } = await place.post(`${base}/background-import`, body)
        const [field = ''] = Object.keys(body)
        assert.deepEqual([status, json.success, json.error.code], [400, false, 'bad_request'], JSON.stringify(body))
        assert.ok(json.error.message.startsWith(field), json.error.message)
      }
      for (const type of ['application/json', 'application/x-www-form-urlencoded']) {
        for (const body of ['{', '[1]', '"text"', 'null']) {
          const headers = { 'content-type': type }
          const { status } = await fetch(`${place.url}${base}/background-import`, { method: 'POST', headers, body })
          assert.equal(status, 400, `${type}: ${body}`)
        }
      }
      for (const query of ['status=lost', 'limit=0', 'limit=1001', 'limit=x']) {
        assert.equal((await place.get(`${base}/background-jobs?${query}`)).status, 400, query)
      }
      assert.equal((await place.get(`${base}/background-jobs`)).json.total, 0)
    }))

  it('say that there is no such job, product or path', () =>
    inServedPlace({ idle: true }, async (place) => {
      for (const path of ['background-status/1', 'background-status/x', 'image-status/1', 'nothing']) {
        const { status, json } = await place.get(`${base}/${path}`)
        assert.deepEqual([status, json.success, json.error.code], [404, false, 'not_found'], path)
      }
    }))

  it('answer a call for stuck jobs at once', () =>
    inServedPlace({ idle: true }, async (place) => {
      const { status, json } = await place.post(`${base}/trigger-stuck-jobs`)

      assert.equal(status, 200)
      assert.deepEqual(json, { success: true, schema_version: 1, message: 'Stuck jobs check triggered' })
    }))

  it('say what is wrong when nothing is configured to be imported', () =>
    inServedPlace({ idle: true }, async (place) => {
      const { writeFileSync } = await import('node:fs')
      writeFileSync(`${place.dir}/wholesaler.config.json`, '{}')
      const { status, json } = await place.post(`${base}/background-import`)

      assert.deepEqual([status, json.error.code], [400, 'usage'])
      assert.match(json.error.message, /no wholesaler is configured/)
    }))
})
