/** Names of encodings: what feeds, people and libraries call them, and the one name used here. */
import iconv from 'iconv-lite'

const spellings: readonly (readonly [RegExp, string])[] = [
  [/^utf_?8$/, 'utf-8'],
  [/^(?:utf_?|ucs-?)16-?(le|be)$/, 'utf-16$1'],
  [/^(?:utf_?16|ucs-?2|unicode)$/, 'utf-16'],
  [/^(?:cp|win|windows|x-cp)[-_]?(125[0-8]|874)$/, 'windows-$1'],
  // The Encoding Standard of the web reads these as windows-1252: what is written so has its quotes and dashes.
  [/^(?:iso[-_]?8859[-_]?1|latin-?1|l1|8859-1)$/, 'windows-1252'],
  [/^(?:iso[-_]?8859[-_]?2|latin-?2|l2|8859-2)$/, 'iso-8859-2'],
  [/^iso[-_]?8859[-_]?(\d\d?)$/, 'iso-8859-$1'],
  [/^koi8[-_]?([ru])$/, 'koi8-$1'],
  [/^(?:us-?)?ascii$/, 'us-ascii'],
]

/**
 * The one lower-case name of an encoding, such as `utf-8`, `windows-1250`, `utf-16le`; null when nobody knows it.
 * `utf-16` leaves the order of bytes open, `us-ascii` says that there is nothing to decode.
 */
export function encodingName(label: string): string | null {
  const lower = label.trim().toLowerCase()
  const spelling = spellings.find(([pattern]) => pattern.test(lower))
  const name = spelling === undefined ? lower : lower.replace(spelling[0], spelling[1])
  // Encodings of bytes as text (base64, hex) are in that list too, and are none.
  return iconv.encodingExists(name) && !/^(?:base64|hex|binary|utf-7.*|cesu.*)$/.test(name) ? name : null
}
