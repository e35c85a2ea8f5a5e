/** The middle one, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return low === undefined || high === undefined ? Number.NaN : (low + high) / 2;
}

/** How far values lie apart from their middle, typically. */
export function spread(values: readonly number[]): number {
  const middle = median(values);
  return median(values.map((value) => Math.abs(value - middle)));
}

/** The first and the last third. */
export function outerThirds<T>(values: readonly T[]): readonly [readonly T[], readonly T[]] {
  const third = Math.max(1, Math.floor(values.length / 3));
  return [values.slice(0, third), values.slice(-third)];
}
