/** A store that will not have one image: data for the image phase, which goes on with the others. */
export class ImageRefusedError extends Error {
  override readonly name = 'ImageRefusedError'
}
