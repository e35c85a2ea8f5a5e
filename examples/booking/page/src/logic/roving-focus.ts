/** What is asked of the arrow keys, Home and End; with Ctrl, Home and End mean the whole hall. */
export interface Move {
  readonly key: string;
  readonly ctrl: boolean;
}

/**
 * The seat that a key leads to from another one; `undefined`: the key means nothing here. At the edges the focus stays
 * where it is, so that nobody loses their place in the hall.
 */
export function seatAfter(
  rows: readonly (readonly string[])[],
  current: string,
  { key, ctrl }: Move,
): string | undefined {
  const y = rows.findIndex((row) => row.includes(current));
  const row = rows[y];
  if (!row) return undefined;
  const x = row.indexOf(current);
  switch (key) {
    case "ArrowLeft":
      return row[x - 1] ?? current;
    case "ArrowRight":
      return row[x + 1] ?? current;
    case "ArrowUp":
      return inRow(rows[y - 1], x) ?? current;
    case "ArrowDown":
      return inRow(rows[y + 1], x) ?? current;
    case "Home":
      return (ctrl ? rows[0] : row)?.[0];
    case "End":
      return (ctrl ? rows.at(-1) : row)?.at(-1);
    default:
      return undefined;
  }
}

/** The seat in that place, or the last one of a shorter row. */
function inRow(row: readonly string[] | undefined, x: number): string | undefined {
  return row?.[x] ?? row?.at(-1);
}
