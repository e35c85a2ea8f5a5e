/** The log of one process: who held the lock from when to when, in nanoseconds of the clock that all share. */
export interface Turns {
  readonly enters: Float64Array;
  /** Taken before the release was called. */
  readonly leaves: Float64Array;
  /** Which of the process's waiters. */
  readonly who: Uint32Array;
  readonly waiters: number;
}

/** What a round says, over all processes that took part. */
export interface Handovers {
  /** From the call of release to the next holder's acquire, where that is somebody else; microseconds. */
  readonly gapsUs: readonly number[];
  /** How often somebody got the lock again at once, though others were waiting. */
  readonly retaken: number;
  /** How often two held at once. */
  readonly overlaps: number;
  /** The longest time without a holder, the beginning and the end of the round included. */
  readonly longestGapMs: number;
  /** Acquisitions of each waiter within the round. */
  readonly shares: readonly number[];
}

interface Turn {
  readonly enter: number;
  readonly leave: number;
  readonly holder: number;
}

/** A round that lasted from `start` to `end`; what came later counts for overlaps alone. */
export function handovers(logs: readonly Turns[], start: number, end: number): Handovers {
  const shares = Array.from({ length: logs.reduce((sum, { waiters }) => sum + waiters, 0) }, () => 0);
  const gapsUs: number[] = [];
  let retaken = 0;
  let overlaps = 0;
  let longest = 0;
  let freeSince = start;
  let before: Turn | undefined;
  for (const turn of merged(logs)) {
    const gap = turn.enter - freeSince;
    if (before !== undefined && gap < 0) overlaps++;
    // Also the one that goes on when time is up.
    if (freeSince < end && gap > longest) longest = gap;
    if (turn.enter <= end) {
      shares[turn.holder] = (shares[turn.holder] ?? 0) + 1;
      if (before?.holder === turn.holder) retaken++;
      else if (before !== undefined) gapsUs.push(gap / 1_000);
    }
    freeSince = Math.max(freeSince, turn.leave);
    before = turn;
  }
  longest = Math.max(longest, end - freeSince);
  return { gapsUs, retaken, overlaps, longestGapMs: longest / 1e6, shares };
}

function merged(logs: readonly Turns[]): Turn[] {
  const turns: Turn[] = [];
  let first = 0;
  for (const { enters, leaves, who, waiters } of logs) {
    for (let i = 0; i < enters.length; i++) {
      turns.push({ enter: enters[i] ?? 0, leave: leaves[i] ?? 0, holder: first + (who[i] ?? 0) });
    }
    first += waiters;
  }
  return turns.sort((a, b) => a.enter - b.enter);
}
