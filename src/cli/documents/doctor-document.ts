/** What `doctor` found. */
import type { Finding } from '../../core/doctor/check.js'
import { countOf } from '../figures.js'
import { type DocumentHead, documentHead } from './document.js'

export interface DoctorDocument extends DocumentHead {
  readonly message: string
  readonly checks: readonly Finding[]
}

/** `success` is false when a check failed; warnings are none of that. */
export function doctorDocument(findings: readonly Finding[]): DoctorDocument {
  const failed = findings.filter(({ status }) => status === 'fail').length
  const warned = findings.filter(({ status }) => status === 'warn').length
  const parts = [
    ...(failed === 0 ? [] : [`${countOf(failed, 'check')} failed`]),
    ...(warned === 0 ? [] : [countOf(warned, 'warning')]),
  ]
  return {
    ...documentHead(failed === 0),
    message: parts.length === 0 ? 'All is well' : parts.join(', '),
    checks: findings.map(({ id, status, message, hint }) => ({ id, status, message, hint })),
  }
}
