import type { Lease } from "@redlock-kit/core";

/** Whether a lease is over. A manager of the program's own, as in its unit tests, may give less than a whole lease. */
export function isOver(lease: Lease): boolean {
  // Not by its signal, which costs much to make.
  return (lease as Partial<Lease> | undefined)?.valid === false;
}
