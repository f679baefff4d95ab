import { accessSync, constants } from 'node:fs'

/** Where distributions put it. */
const usualPlaces = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** A browser to drive: `CHROMIUM`, or the one of this machine. Without one, tests skip aloud. */
export function chromiumPath(test: Mocha.Context): string {
  const { CHROMIUM } = process.env
  const found = (CHROMIUM === undefined ? usualPlaces : [CHROMIUM]).find(isProgram)
  if (found !== undefined) return found
  console.error(`      skipped: no browser at ${CHROMIUM ?? usualPlaces.join(', ')}; CHROMIUM names one`)
  return test.skip()
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
