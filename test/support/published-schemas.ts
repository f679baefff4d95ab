/** The schemas that the package ships, as programs of others use them. */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { projectRoot, readProjectFile } from './project.js'

const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true })
addFormats.default(ajv)

const schemaFolder = 'dist/schemas'
const ending = '.schema.json'

/** Their names. */
export function publishedSchemas(): readonly string[] {
  return readdirSync(join(projectRoot, schemaFolder)).map((file) => file.replace(ending, ''))
}

/** Fails when the document is not what the published schema of this name says. */
export function assertFits(name: string, document: unknown): void {
  const validate = validatorOf(name)
  assert.ok(validate(document), `${name}: ${ajv.errorsText(validate.errors)}\n${JSON.stringify(document)}`)
}

function validatorOf(name: string) {
  const schema: { readonly $id: string } = JSON.parse(readProjectFile(`${schemaFolder}/${name}${ending}`))
  return ajv.getSchema(schema.$id) ?? ajv.compile(schema)
}
