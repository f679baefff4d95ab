/** The compiler holds what the page reads to the documents that the server sends: each of these is a promise. */
import type { ImageAuditDocument, ImageStatusDocument, JobsDocument, StatusDocument } from '../../src/cli/documents.js'
import type { JobDetailsDocument, SeriesDocument } from '../../src/serve/job-details.js'
import type { NewsDocument } from '../../src/serve/job-news.js'
import type * as page from '../../src/serve/page/browser/documents.js'
import type { WholesalersDocument } from '../../src/serve/routes/images.js'

export const asPageStatus = (document: StatusDocument): page.StatusDocument => document
export const asNews = (document: NewsDocument): page.JobsNews => document
export const asJobs = (document: JobsDocument): page.JobsDocument => document
export const asDetails = (document: JobDetailsDocument): page.JobDetails => document
export const asSeries = (document: SeriesDocument): page.SeriesDocument => document
export const asWholesalers = (document: WholesalersDocument): page.WholesalersDocument => document
export const asProductImages = (document: ImageStatusDocument): page.ProductImages => document
export const asDuplicates = (document: ImageAuditDocument): page.DuplicatesDocument => document
