/**
 * The JSON documents that commands print: pure builders of plain data. `schemas.ts` describes the same
 * documents for machines; tests hold the two together.
 */

export * from './documents/audit-document.js'
export * from './documents/dedupe-document.js'
export * from './documents/diff-document.js'
export * from './documents/doctor-document.js'
export * from './documents/document.js'
export * from './documents/event-document.js'
export * from './documents/export-document.js'
export * from './documents/id-field.js'
export * from './documents/image-document.js'
export * from './documents/image-plan-document.js'
export * from './documents/import-document.js'
export * from './documents/init-document.js'
export * from './documents/inspect-document.js'
export * from './documents/job-command-documents.js'
export * from './documents/job-document.js'
export * from './documents/jobs-document.js'
export * from './documents/recover-document.js'
export * from './documents/worker-document.js'
