/** The compiler holds what the page reads to the documents that the server sends: each of these is a promise. */
import type { ImageAuditDocument, ImageStatusDocument, StatusDocument } from '../../src/cli/documents.js'
import type * as page from '../../src/serve/page/browser/documents.js'

export const asPageStatus = (document: StatusDocument): page.StatusDocument => document
export const asProductImages = (document: ImageStatusDocument): page.ProductImages => document
export const asDuplicates = (document: ImageAuditDocument): page.DuplicatesDocument => document
