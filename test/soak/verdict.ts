/** What one check has found. */
export interface Verdict {
  readonly title: string;
  readonly ok: boolean;
  readonly figures: string;
}

/** `12.3 MB` */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** How many there are, and the first of them. */
export function named(things: readonly string[]): string {
  return things.length === 0 ? "0" : `${things.length}, such as ${things[0]}`;
}
