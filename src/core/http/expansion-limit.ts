/** Text of real feeds packs 5 to 60 times; deflate can do 1032 times, which only bombs come near. */
export const expansionRatioMax = 200
/** Below this much output the ratio is not judged: small, very regular files are harmless. */
export const expansionFreeBytes = 64 * 1024 * 1024
/** Most bytes a feed may have, packed or unpacked: tens of millions of products, and less than a disk. */
export const feedBytesMax = 20 * 1024 ** 3

/**
 * Why unpacking must stop, or null. `packed` and `unpacked` are the bytes consumed and produced so far: what
 * headers claim about sizes is never believed.
 */
export function expansionProblem(packed: number, unpacked: number, bytesMax = feedBytesMax): string | null {
  if (unpacked > bytesMax) return `it unpacks to more than ${bytesMax} bytes`
  if (unpacked > expansionFreeBytes && unpacked > packed * expansionRatioMax) {
    return `it unpacks to more than ${expansionRatioMax} times its size`
  }
  return null
}
