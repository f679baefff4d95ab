#!/usr/bin/env node
const argv = process.argv.slice(2)

/** `status --json` is asked again and again by scripts: it is answered before anything heavy is loaded. */
async function answeredQuickly() {
  if (argv[0] !== 'status') return false
  const { answerStatus } = await import('../dist/cli/quick-status.js')
  return answerStatus(argv.slice(1), { cwd: process.cwd(), env: process.env, nowMs: Date.now() })
}

if (!(await answeredQuickly())) {
  const { main } = await import('../dist/cli/main.js')
  await main(argv, import.meta.url)
}
