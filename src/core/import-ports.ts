/** What an import works with: everything that does I/O, handed in by whoever runs it. */
import type { Clock } from './clock.js'
import type { HttpClient } from './http/http-client.js'
import type { ImportImages } from './images/import-images.js'
import type { Ledger } from './ledger/ledger.js'
import type { OpenMappedFeed } from './map-feed.js'
import type { Progress } from './progress.js'
import type { RejectsFile } from './rejects-file.js'
import type { Store } from './store/store.js'

export interface ImportPorts {
  readonly ledger: Ledger
  readonly store: Store
  readonly http: HttpClient
  readonly rejects: RejectsFile
  readonly progress: Progress
  readonly clock: Clock
  /** How feeds are read and mapped. */
  readonly openMapped: OpenMappedFeed
  /** The image phase. Given, so that it is loaded only where images are wanted. */
  readonly importImages: ImportImages
  /** Folder of all state: snapshots, temporary files, rejects. */
  readonly stateDir: string
}
