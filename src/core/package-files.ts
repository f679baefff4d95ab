/** Where the files of this package are, whether its sources run as they are, compiled, or put together into a few files. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Folder of `package.json`. */
export const packageRoot = rootAbove(dirname(fileURLToPath(import.meta.url)))

const isSource = import.meta.url.endsWith('.ts')

function rootAbove(folder: string): string {
  const above = dirname(folder)
  return above === folder || existsSync(join(folder, 'package.json')) ? folder : rootAbove(above)
}

/** File of a program that runs by itself, as a process or thread: `core/map-feed-thread`. */
export function programPath(name: string): string {
  return isSource ? join(packageRoot, 'src', `${name}.ts`) : join(packageRoot, 'dist', `${name}.js`)
}

/** Version of this package. */
export function packageVersion(): string {
  const { version }: { version: string } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'))
  return version
}
