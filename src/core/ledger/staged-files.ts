import { BodyFiles } from './body-files.js'
import { MarksFiles } from './marks-files.js'

/** What lies beside the ledger, in one folder. */
export interface StagedFiles {
  readonly bodies: BodyFiles
  readonly marks: MarksFiles
}

export function stagedFiles(folder: string): StagedFiles {
  return { bodies: new BodyFiles(folder), marks: new MarksFiles(folder) }
}
