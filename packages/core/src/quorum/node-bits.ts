/** A set of nodes is the bits of one small integer. */
export const MOST_NODES = 31;

/** The set of one node. */
export function bit(index: number): number {
  return 1 << index;
}

/** How many nodes a set has. */
export function count(bits: number): number {
  let ones = 0;
  for (let left = bits; left !== 0; left &= left - 1) ones++;
  return ones;
}
