/** What no text of a feed has: C0 controls but tab, LF and CR, and DEL. */
const one = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/
const all = new RegExp(one, 'g')

export function hasControls(text: string): boolean {
  return one.test(text)
}

export function countControls(text: string): number {
  return text.match(all)?.length ?? 0
}

export function withoutControls(text: string): string {
  return text.replace(all, '')
}
