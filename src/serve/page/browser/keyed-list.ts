/** A list that is patched in place: what stays keeps its element, with focus, selection and scroll. */

export interface Row<Item> {
  readonly element: HTMLElement
  update(item: Item): void
}

export interface KeyedList<Item> {
  update(items: readonly Item[]): void
}

/** `onFocusLost` is called when the element that had the focus went away with its item. */
export function keyedList<Item>(
  parent: HTMLElement,
  keyOf: (item: Item) => string | number,
  create: (item: Item) => Row<Item>,
  onFocusLost: () => void = () => {},
): KeyedList<Item> {
  const rows = new Map<string | number, Row<Item>>()
  return {
    update(items) {
      const wanted = new Set(items.map(keyOf))
      const focused = document.activeElement
      let isFocusLost = false
      for (const [key, { element }] of rows) {
        if (wanted.has(key)) continue
        isFocusLost ||= element.contains(focused)
        element.remove()
        rows.delete(key)
      }
      let place = parent.firstElementChild
      for (const item of items) {
        const row = rows.get(keyOf(item)) ?? create(item)
        rows.set(keyOf(item), row)
        row.update(item)
        // Only what is out of place is moved: a moved element loses the focus.
        if (row.element === place) place = place.nextElementSibling
        else parent.insertBefore(row.element, place)
      }
      if (isFocusLost) onFocusLost()
    },
  }
}
