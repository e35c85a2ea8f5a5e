import type { Lease, LockKeys, LockManager, WithLockOptions } from "@redlock-kit/core";
import { isObservable } from "rxjs";
import { destroyBody, endOfBody } from "./end-of-body.js";
import { holdWhileIterated, isAsyncGenerator } from "./hold-while-iterated.js";
import { holdWhileObserved } from "./hold-while-observed.js";
import { isOver } from "./is-over.js";

/**
 * `withLock` for work whose result may go on when it is there: an Observable holds the lock until it has completed,
 * failed or lost its last subscriber, an async generator until it has ended, a body that is sent piece by piece until it
 * was. The promise resolves to the result at once.
 *
 * @param options with the signal of the request that the result answers, if there is one: it also ends what goes on,
 * for want of somebody to send it to
 */
export function lockUntilDone(
  manager: LockManager,
  keys: LockKeys,
  work: (lease: Lease) => unknown,
  options: WithLockOptions,
): Promise<unknown> {
  const over = options.signal;
  return new Promise((resolve, reject) => {
    const outcome = manager.withLock(
      keys,
      async (lease) => {
        const result: unknown = await work(lease);
        if (isOver(lease) && options.onLost !== "ignore") {
          // The caller is told that the lease was lost, and nobody reads on.
          discard(result, over);
          return result;
        }
        const goesOn = goingOn(result, () => outcome, lease.signal, over);
        if (goesOn !== undefined) {
          await new Promise<void>((done) => resolve(goesOn(done)));
          return undefined;
        }
        const end = endOfBody(result, over);
        if (end !== undefined) {
          resolve(result);
          await end;
        }
        return result;
      },
      options,
    );
    outcome.then(resolve, reject);
  });
}

/** Ends a result that nobody is given. */
function discard(result: unknown, over: AbortSignal | undefined): void {
  if (isAsyncGenerator(result)) result.return(undefined).catch(() => {});
  else destroyBody(result, over);
}

/** For a result whose work goes on at the will of who has it: the same result, which calls `done` when it has ended. */
function goingOn(
  result: unknown,
  outcome: () => Promise<unknown>,
  lost: AbortSignal,
  over: AbortSignal | undefined,
): ((done: () => void) => unknown) | undefined {
  if (isObservable(result)) return (done) => holdWhileObserved(result, done, outcome, lost, over);
  if (isAsyncGenerator(result)) return (done) => holdWhileIterated(result, done, outcome, lost, over);
  return undefined;
}
