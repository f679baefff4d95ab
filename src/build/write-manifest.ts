/**
 * The last step of the build: `oclif.manifest.json`, so that a start loads one command instead of all,
 * the JSON Schemas of the documents, and what the page has beside its scripts. Run as `node dist/build/write-manifest.js` after the compiler.
 */
import { cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Plugin, settings } from '@oclif/core'
import { documentSchemas, jsonSchemaOf, type SchemaName } from '../cli/schemas.js'
import { packageRoot } from '../core/package-files.js'

/** Fails when any command cannot be loaded: a manifest with a hole would hide it from the help. */
async function writeManifest(): Promise<void> {
  settings.enableAutoTranspile = false
  const plugin = new Plugin({ root: packageRoot, type: 'core', ignoreManifest: true, errorOnManifestCreate: true })
  await plugin.load()
  await writeJson(join(packageRoot, 'oclif.manifest.json'), plugin.manifest)
}

async function writeSchemas(): Promise<void> {
  const folder = join(packageRoot, 'dist', 'schemas')
  await mkdir(folder, { recursive: true })
  for (const name of Object.keys(documentSchemas) as SchemaName[]) {
    await writeJson(join(folder, `${name}.schema.json`), jsonSchemaOf(name))
  }
}

async function copyPage(): Promise<void> {
  const folder = join('serve', 'page', 'static')
  await cp(join(packageRoot, 'src', folder), join(packageRoot, 'dist', folder), { recursive: true })
}

async function writeJson(path: string, value: object): Promise<void> {
  await writeFile(path, `${JSON.stringify(value, null, 2)}\n`)
}

await Promise.all([writeManifest(), writeSchemas(), copyPage()])
