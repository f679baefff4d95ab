/** Words for in stock and out of stock, as shops and wholesalers write them. */

/** Compared without case, spaces, `_`, `-` and a leading `https://schema.org/`. Only words that leave no doubt. */
const wordsForYes =
  '1|y|yes|true|t|instock|available|availablenow|onstock|instoreonly|onlineonly|limitedavailability|lowstock|' +
  'disponibile|disponible|disponível|disponivel|enstock|emestoque|auflager|lagernd|verfügbar|sofortlieferbar|lieferbar|' +
  'dostępny|dostępne|wmagazynie|tak|skladem|skladom|ano|áno|вналичии|есть|да|внаявності|є|opvoorraad|pålager|' +
  'ilager|pålagret|varastossa|raktáron|înstoc|instoc|διαθέσιμο|stokta|ja|oui|si|sí|sim'

const wordsForNo =
  '0|n|no|false|f|outofstock|outstock|soldout|unavailable|notavailable|discontinued|nonavailable|nondisponibile|' +
  'esaurito|agotado|nodisponible|indisponible|épuisé|rupturedestock|esgotado|indisponível|nichtauflager|' +
  'nichtverfügbar|ausverkauft|nichtlieferbar|niedostępny|niedostępne|brak|nie|vyprodáno|vypredané|nenískladem|ne|' +
  'нетвналичии|нет|немаєвнаявності|ні|nietopvoorraad|uitverkocht|udsolgt|utsolgt|slutsåld|slutilager|elfogyott|nein|non|não'

const known: ReadonlyMap<string, boolean> = new Map([
  ...wordsForYes.split('|').map((word) => [word, true] as const),
  ...wordsForNo.split('|').map((word) => [word, false] as const),
])

/** True, false, or null when the words are not known: they then stay words. */
export function readAvailability(text: string): boolean | null {
  const word = text
    .toLowerCase()
    .replace(/^https?:\/\/(?:www\.)?schema\.org\//, '')
    .replace(/[\s_-]+/g, '')
    .replace(/[.!]+$/, '')
  return known.get(word) ?? null
}
