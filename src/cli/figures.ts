/** Figures for people: the same everywhere, whatever the locale, so that output can be compared and searched. */

/** `1,234,567` */
export function count(number: number): string {
  return String(Math.trunc(number)).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** `1 product`, `2 products` */
export function countOf(number: number, noun: string): string {
  return `${count(number)} ${noun}${number === 1 ? '' : 's'}`
}

const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** `980 B`, `12.4 MB`: steps of 1000, as disks and networks count. */
export function bytes(number: number): string {
  let value = number
  let unit = 0
  while (value >= 999.95 && unit < byteUnits.length - 1) {
    value /= 1000
    unit += 1
  }
  return `${unit === 0 ? String(Math.round(value)) : value.toFixed(1)} ${byteUnits[unit]}`
}

/** `850 ms`, `4.2 s`, `3 min 20 s`, `2 h 05 min`, `3 d 4 h` */
export function secondsText(seconds: number): string {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`
  if (seconds < 9.95 && !Number.isInteger(seconds)) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  const [days, hours, minutes] = [
    Math.floor(whole / 86_400),
    Math.floor(whole / 3600) % 24,
    Math.floor(whole / 60) % 60,
  ]
  if (days > 0) return `${days} d ${hours} h`
  if (hours > 0) return `${hours} h ${String(minutes).padStart(2, '0')} min`
  return minutes > 0 ? `${minutes} min ${String(whole % 60).padStart(2, '0')} s` : `${whole} s`
}

/** `2026-01-15 12:00:05`, in the time zone of whoever reads; documents carry ISO 8601. */
export function timeText(ms: number): string {
  const date = new Date(ms)
  const two = (number: number) => String(number).padStart(2, '0')
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}
