import type { Clock, ClockTimer } from "../clock.js";

/** A clock that stands still until it is told to go on. */
export interface ManualClock extends Clock {
  /** Lets `ms` pass on both clocks, runs timers in their order, and lets promises settle in between. */
  advance(ms: number): Promise<void>;
  /** Sets the wall clock ahead (or back) without any time passing. */
  jumpWall(ms: number): void;
  /** Lets `ms` pass without a timer being run, as for a process that does not get to run; they are run by the next advance. */
  freeze(ms: number): void;
  /** How many timers are set. */
  readonly timers: number;
}

interface Timer {
  readonly due: number;
  readonly callback: () => void;
}

/** Enough turns of the microtask queue for any chain of promises in this package. */
const SETTLING_TURNS = 200;

/**
 * A clock for tests, which starts at monotonic time 0.
 *
 * @param wallMs the wall time at the start. Default: 2026-01-01T00:00:00Z
 * @param random the source of chance. Default: always 0.5
 */
export function manualClock(
  wallMs: number = Date.UTC(2026, 0, 1),
  random: () => number = () => 0.5,
): ManualClock {
  let now = 0;
  let wall = wallMs;
  const timers = new Set<Timer>();
  const pass = (ms: number): void => {
    now += ms;
    wall += ms;
  };
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < SETTLING_TURNS; turn++) await Promise.resolve();
  };
  return {
    monotonic: () => now,
    wall: () => wall,
    random,
    setTimer(callback, delayMs): ClockTimer {
      const timer = { due: now + Math.max(0, delayMs), callback };
      timers.add(timer);
      return { ref() {}, unref() {}, cancel: () => void timers.delete(timer) };
    },
    get timers() {
      return timers.size;
    },
    jumpWall(ms) {
      wall += ms;
    },
    freeze: pass,
    async advance(ms) {
      const end = now + ms;
      await settle();
      for (;;) {
        let next: Timer | undefined;
        for (const timer of timers)
          if (timer.due <= end && (next === undefined || timer.due < next.due)) next = timer;
        if (next === undefined) break;
        pass(Math.max(0, next.due - now));
        timers.delete(next);
        next.callback();
        await settle();
      }
      pass(end - now);
      await settle();
    },
  };
}
