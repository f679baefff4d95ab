/** What no text of a feed has: C0 controls but tab, LF and CR, and DEL. */
const all = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/g

/** Without DEL, which is found sooner by itself: half the time for both. */
const c0 = /[\0-\x08\x0b\x0c\x0e-\x1f]/
const del = '\x7f'

export function hasControls(text: string): boolean {
  return c0.test(text) || text.includes(del)
}

export function countControls(text: string): number {
  return text.match(all)?.length ?? 0
}

export function withoutControls(text: string): string {
  return text.replace(all, '')
}
