/** The row of a statement that always has one, such as INSERT … RETURNING. */
export function inserted<R>(row: R | undefined): R {
  if (row === undefined) throw new Error('a statement that always gives a row gave none')
  return row
}
