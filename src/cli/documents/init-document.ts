/** What `init` wrote, and what `doctor` says about it. */
import type { Finding } from '../../core/doctor/check.js'
import { type DoctorDocument, doctorDocument } from './doctor-document.js'

export interface InitDocument extends DoctorDocument {
  /** Absolute paths. */
  readonly config: string
  /** Null when no secret was typed. */
  readonly environment: string | null
}

export function initDocument(
  findings: readonly Finding[],
  { config, environment }: Pick<InitDocument, 'config' | 'environment'>,
): InitDocument {
  return { ...doctorDocument(findings), config, environment }
}
