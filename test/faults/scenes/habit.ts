/** How a contender goes about one lock. */
export interface Habit {
  readonly keys: readonly string[];
  /** 0: one attempt, by `tryAcquire`. */
  readonly waitMs: number;
  readonly autoExtend: boolean;
  readonly holdMs: number;
  readonly writeEveryMs: number;
  /** How much later it comes with one more write when it is told that its lease is over. */
  readonly lateMs: number;
}

/**
 * Most hold a lock for some milliseconds; a few for longer than its ttl, extended; and a few without extension until
 * they are told that it is over, and write once more then.
 */
export function habit(keys: readonly string[], ttlMs: number, isCalm: boolean, forLong: boolean): Habit {
  const chance = Math.random();
  const key = keys[Math.floor(Math.random() * keys.length)] ?? "";
  const lateMs = Math.random() * ttlMs;
  const waitMs = Math.random() < 0.5 ? ttlMs / 2 : 3 * ttlMs;
  if (forLong) {
    const autoExtend = chance < 0.5;
    return { keys: [key], waitMs, autoExtend, holdMs: 4 * ttlMs, writeEveryMs: 20, lateMs: lateMs / 4 };
  }
  const brief = {
    keys: [key],
    waitMs,
    autoExtend: true,
    holdMs: 2 + Math.random() * 15,
    writeEveryMs: 10,
    lateMs,
  };
  if (isCalm) return brief;
  if (chance < 0.03) return { ...brief, autoExtend: false, holdMs: Infinity, writeEveryMs: 30 };
  if (chance < 0.06) return { ...brief, holdMs: (0.5 + Math.random()) * ttlMs, writeEveryMs: 30 };
  if (chance < 0.1) return { ...brief, keys };
  if (chance < 0.2) return { ...brief, waitMs: 0 };
  return brief;
}
