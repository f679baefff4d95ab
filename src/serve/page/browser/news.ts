/** What a screen reader is told unasked: that a job began, ended or is stuck. Never progress. */

/** News within this time are read as one. */
const gatherMs = 1000

export type Announce = (text: string) => void

/** Tells through an element that is a live region. */
export function announcer(region: HTMLElement): Announce {
  let gathered: string[] = []
  return (text) => {
    gathered.push(text)
    if (gathered.length > 1) return
    setTimeout(() => {
      region.textContent = gathered.join('. ')
      gathered = []
    }, gatherMs)
  }
}
