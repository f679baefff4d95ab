/** A copy of a text to be kept: a part of a text keeps all of that in memory, 64 KiB of a feed for one word. */
export function ownText(part: string): string {
  return JSON.parse(JSON.stringify(part)) as string
}
