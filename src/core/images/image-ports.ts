/** What the image phase works with: where it downloads to, how it decodes, what it asks. */
import { join } from 'node:path'
import { DecoderPool } from './decoder-pool.js'
import { createDownload } from './download.js'
import { imageBase } from './image-base.js'
import type { ImageRun } from './import-images.js'
import type { ProductPorts } from './import-product-images.js'
import { ImageIntake } from './obtain-image.js'
import { prepareTempDir } from './temp-file.js'

/** Decoders are to be closed when the phase ends. */
export async function prepareImagePorts(
  run: ImageRun,
  signal: AbortSignal,
  { onDownloaded, onTakenAway }: { readonly onDownloaded: () => void } & Pick<ProductPorts, 'onTakenAway'>,
): Promise<{ readonly ports: ProductPorts; readonly decoders: DecoderPool }> {
  const { ledger, store, http, wholesaler, allowPrivateHosts, clock } = run
  const tmpDir = join(run.stateDir, 'tmp')
  await prepareTempDir(tmpDir, clock.now())
  const base = imageBase(wholesaler.source, wholesaler.imageRoots)
  const download = run.download ?? createDownload({ http, tmpDir, folders: base.folders, allowPrivateHosts })
  const decoders = new DecoderPool(signal, { rules: wholesaler.imageRules })
  const intake = new ImageIntake({
    library: ledger.images,
    store,
    download: (...request) => {
      // A decoder starts while the first picture is on its way.
      if (run.decode === undefined) decoders.warmUp()
      return download(...request)
    },
    decode: run.decode ?? decoders.decode,
    tmpDir,
    signal,
    ...(run.concurrency === undefined ? {} : { limits: run.concurrency }),
    onDownloaded,
  })
  const ports = {
    ledger,
    store,
    intake,
    base,
    clock,
    progress: run.progress,
    writer: run.writer,
    signal,
    refresh: run.refresh ?? false,
    retryFailed: run.retryFailed ?? false,
    removed: wholesaler.imageRules.removed,
    onTakenAway,
  }
  return { ports, decoders }
}
