/**
 * What WooCommerce's importer makes of cells (class WC_Product_CSV_Importer), for exports to be measured by.
 * Cells are trimmed; an apostrophe before `= + - @` goes; lists are cut at commas that have no backslash.
 */
export function wooText(cell = ''): string {
  return cell.replace(/^'(?=[=+\-@])/, '').trim()
}

/** Line ends are written as the two characters `\n`, those two characters with one more backslash. */
export function wooLongText(cell = ''): string {
  return wooText(cell)
    .split('\\\\n')
    .map((part) => part.replaceAll('\\n', '\n'))
    .join('\\n')
}

export function wooList(cell = ''): string[] {
  return wooText(cell)
    .replaceAll('\\,', '\0')
    .split(',')
    .map((value) => value.replaceAll('\0', ',').trim())
}

/** WordPress shows the entity in a name as the character. */
export function wooCategories(cell = ''): string[][] {
  return wooList(cell).map((path) => path.split('>').map((name) => name.trim().replaceAll('&gt;', '>')))
}
