/** The bare parser alone, over a whole file: what staging is measured against. Run as a process of its own. */
import { createReadStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import { parse } from 'csv-parse'
import { SaxesParser } from 'saxes'

const baselines: Record<string, (path: string) => Promise<number>> = {
  async csv(path) {
    let records = 0
    const rows = createReadStream(path).pipe(parse({ relax_quotes: path.endsWith('stray.csv') }))
    rows.on('data', () => {
      records += 1
    })
    await finished(rows)
    return records
  },
  async xml(path) {
    let elements = 0
    const parser = new SaxesParser({ xmlns: true })
    parser.on('opentag', () => {
      elements += 1
    })
    parser.on('text', () => {})
    parser.on('cdata', () => {})
    for await (const chunk of createReadStream(path, 'utf8')) parser.write(chunk as string)
    parser.close()
    return elements
  },
  async ndjson(path) {
    let records = 0
    let rest = ''
    for await (const chunk of createReadStream(path, 'utf8')) {
      const lines = (rest + String(chunk)).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        JSON.parse(line)
        records += 1
      }
    }
    return records
  },
}

const [format = '', path = ''] = process.argv.slice(2)
const started = performance.now()
const cpuBefore = process.cpuUsage()
const records = await baselines[format]?.(path)
const ms = performance.now() - started
const cpu = process.cpuUsage(cpuBefore)
console.log(
  JSON.stringify({
    ms,
    cpuMs: (cpu.user + cpu.system) / 1000,
    records,
    rssMb: process.resourceUsage().maxRSS / 1024,
  }),
)
