/** The project's own files, as tests of documentation and package read them. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const projectRoot = resolve(import.meta.dirname, '../..')

export function readProjectFile(path: string): string {
  return readFileSync(join(projectRoot, path), 'utf8')
}

export interface PackageFile {
  readonly engines: { readonly node: string }
  readonly scripts: Readonly<Record<string, string>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}

export function readPackageFile(path = 'package.json'): PackageFile {
  return JSON.parse(readProjectFile(path))
}

export interface CommandFlag {
  readonly type: 'boolean' | 'option'
  readonly env?: string
  readonly default?: unknown
  readonly options?: readonly string[]
  readonly multiple?: boolean
  readonly allowNo?: boolean
  readonly required?: boolean
  readonly summary?: string
}

export interface CommandEntry {
  readonly id: string
  readonly args: Readonly<Record<string, { readonly required?: boolean }>>
  readonly flags: Readonly<Record<string, CommandFlag>>
  readonly examples?: readonly { readonly description: string; readonly command: string }[]
}

/** The commands as they were built; ids with a space where the manifest has a colon. */
export function readCommands(): readonly CommandEntry[] {
  const { commands }: { commands: Readonly<Record<string, CommandEntry>> } = JSON.parse(
    readProjectFile('oclif.manifest.json'),
  )
  return Object.values(commands).map((command) => ({ ...command, id: command.id.replaceAll(':', ' ') }))
}

/** Contents of the fenced blocks of one language. */
export function codeBlocks(markdown: string, language: string): string[] {
  return [...markdown.matchAll(/^```(\w+)\n(.*?)^```$/gms)]
    .filter(([, found]) => found === language)
    .map(([, , code = '']) => code)
}

/** Files below a folder with this ending, as paths from the project's root. */
export function filesBelow(folder: string, ending: string): string[] {
  return readdirSync(join(projectRoot, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => join(entry.parentPath, entry.name).slice(projectRoot.length + 1))
    .sort()
}
