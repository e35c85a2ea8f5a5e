/** The value below which `share` of the values lie; undefined of none. */
export function percentile(values: readonly number[], share: number): number | undefined {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

export function median(values: readonly number[]): number | undefined {
  return percentile(values, 0.5);
}

/**
 * Jain's fairness index: 1 when all got the same, 1/n when one got all. Undefined when nobody got anything.
 * R. Jain, D. Chiu, W. Hawe: A Quantitative Measure of Fairness, 1984.
 */
export function jain(shares: readonly number[]): number | undefined {
  const sum = total(shares);
  const squares = total(shares.map((share) => share * share));
  return squares === 0 ? undefined : (sum * sum) / (shares.length * squares);
}

export function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
