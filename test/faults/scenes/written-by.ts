/** What is written to the store under a lease: it names itself. */
export function writtenBy(id: string, fencingToken: number): string {
  return `${fencingToken} ${id}`;
}

/** Who wrote a value, if it is one of ours. */
export function writerOf(value: string): { readonly id: string; readonly fencingToken: number } | undefined {
  const [, fencingToken, id] = /^(\d+) (.+)$/.exec(value) ?? [];
  return id === undefined ? undefined : { id, fencingToken: Number(fencingToken) };
}
