import { AsyncResource } from "node:async_hooks";
import {
  type Lease,
  LockError,
  type LockKeys,
  type LockManager,
  type WithLockOptions,
} from "@redlock-kit/core";
import { isObservable, Observable, type Subscriber } from "rxjs";

/**
 * `withLock` for work whose result may be an Observable: the lock is then held until that has completed, failed or
 * lost its last subscriber. The promise resolves to the Observable at once. The end of the stream waits for the
 * release, so that a completed one can still tell of a lost lease.
 */
export function lockUntilDone(
  manager: LockManager,
  keys: LockKeys,
  work: (lease: Lease) => unknown,
  options: WithLockOptions,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const outcome = manager.withLock(
      keys,
      async (lease) => {
        const result: unknown = await work(lease);
        if (!isObservable(result)) return result;
        await new Promise<void>((done) => {
          const held = holdWhileObserved(result, done, () => outcome);
          // Nest does not subscribe to what it got after the client had left.
          if (options.signal?.aborted === true) done();
          resolve(held);
        });
        return undefined;
      },
      options,
    );
    outcome.then(resolve, reject);
  });
}

function holdWhileObserved(
  source: Observable<unknown>,
  done: () => void,
  outcome: () => Promise<unknown>,
): Observable<unknown> {
  let observers = 0;
  let isOver = false;

  // The subscription happens outside of the locked call, but what it runs is still the locked work.
  const observe = AsyncResource.bind((subscriber: Subscriber<unknown>) => {
    observers += 1;
    let isObserving = true;
    const end = (then: () => void, thenIfLost: (error: unknown) => void): void => {
      if (!isObserving) return;
      isObserving = false;
      observers -= 1;
      // While others observe, the lock is held and the outcome not known.
      if (observers > 0) return then();
      isOver = true;
      done();
      outcome().then(then, thenIfLost);
    };
    const subscription = source.subscribe({
      next: (value) => subscriber.next(value),
      error: (error: unknown) => {
        const fail = (): void => subscriber.error(error);
        end(fail, fail);
      },
      complete: () =>
        end(
          () => subscriber.complete(),
          (error) => subscriber.error(error),
        ),
    });
    return () => {
      subscription.unsubscribe();
      end(nothing, nothing);
    };
  });

  return new Observable((subscriber) => {
    if (!isOver) return observe(subscriber);
    subscriber.error(
      new LockError(
        "ERR_LOCK_LOST",
        "an Observable of a locked method was subscribed to after its lock was released",
      ),
    );
    return undefined;
  });
}

function nothing(): void {}
