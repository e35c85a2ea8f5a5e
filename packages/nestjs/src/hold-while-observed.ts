import { AsyncResource } from "node:async_hooks";
import { LockError } from "@redlock-kit/core";
import { Observable, type Subscriber } from "rxjs";
import { onAbort } from "./on-abort.js";

/**
 * The same Observable, which tells when it has completed, failed or lost its last subscriber. Its end waits for the
 * release, so that a completed one can still tell of a lost lease.
 *
 * @param done releases the lock
 * @param outcome what became of the lease then
 * @param lost when the lease is: what nobody observes yet is over then
 * @param over when nobody will subscribe any more
 */
export function holdWhileObserved(
  source: Observable<unknown>,
  done: () => void,
  outcome: () => Promise<unknown>,
  lost: AbortSignal,
  over: AbortSignal | undefined,
): Observable<unknown> {
  let observers = 0;
  let isOver = false;
  const endIfUnobserved = (): void => {
    if (observers > 0) return;
    isOver = true;
    done();
  };
  onAbort(lost, endIfUnobserved);
  // Nest does not subscribe to what it got after the client had left.
  onAbort(over, endIfUnobserved);

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
