import { AsyncResource } from "node:async_hooks";
import { isLockError, type Lease, type LockKeys, type LockManager } from "@redlock-kit/core";
import { isObservable, Observable, of, type Subscriber } from "rxjs";
import { leaseParameters } from "./current-lease.js";
import { type HttpCall, httpCallOf } from "./http-call.js";
import { isOver } from "./is-over.js";
import type { LockDeclaration } from "./lock-declaration.js";
import { lockUntilDone } from "./lock-until-done.js";
import type { LockingOptions } from "./locked-options.js";
import { managerOf, slotOf } from "./manager-slot.js";
import type { AnyMethod, MethodPlace } from "./method-place.js";

/** Runs the work under the lock. */
type Hold = (
  manager: LockManager,
  keys: LockKeys,
  work: (lease: Lease) => unknown,
  options: LockingOptions & { readonly signal?: AbortSignal | undefined },
) => Promise<unknown>;

/** Calls a method under its lock. */
export class LockedCall {
  readonly #place: MethodPlace;
  readonly #method: AnyMethod;
  readonly #lock: LockDeclaration;
  readonly #managerSlot: symbol;
  readonly #leaseAt: readonly number[];
  readonly #ofClass: boolean;

  /** @param ofClass whether the lock was declared for the whole class */
  constructor(place: MethodPlace, lock: LockDeclaration, ofClass: boolean) {
    this.#place = place;
    this.#method = place.method;
    this.#lock = lock;
    this.#managerSlot = slotOf(lock.manager);
    this.#leaseAt = leaseParameters(place.home, place.propertyKey);
    this.#ofClass = ofClass;
  }

  /** The lock is taken now, and held until what the method gives is done. */
  now(instance: object, args: readonly unknown[]): Promise<unknown> {
    const http = httpCallOf(instance, this.#place.propertyKey, this.#ofClass);
    return this.#locked(instance, args, http, http?.over, lockUntilDone);
  }

  /**
   * A cold Observable: whoever subscribes takes the lock, calls the method and holds the lock while subscribed. The
   * method runs in the async context of the call, as it would without a lock.
   */
  onSubscription(instance: object, args: readonly unknown[]): Observable<unknown> {
    const http = httpCallOf(instance, this.#place.propertyKey, this.#ofClass);
    // Nothing listens for its end, of which Node would otherwise keep track.
    const context = new AsyncResource("Locked", { requireManualDestroy: true });
    return new Observable((subscriber) => {
      const left = new AbortController();
      const over = http?.over;
      const signal = over === undefined ? left.signal : AbortSignal.any([over, left.signal]);
      let wasHeld = true;
      const hold: Hold = (manager, keys, work, options) =>
        manager.withLock(
          keys,
          (lease) => {
            wasHeld = false;
            // Between the grant and this turn the subscriber may have left.
            return subscriber.closed ? undefined : forward(work(lease), subscriber);
          },
          options,
        );
      context
        .runInAsyncScope(() => this.#locked(instance, args, http, signal, hold))
        .then(
          (value) => (wasHeld ? emit(value, subscriber) : subscriber.complete()),
          (error: unknown) => subscriber.error(error),
        );
      return () => {
        if (wasHeld) left.abort(UNSUBSCRIBED);
      };
    });
  }

  async #locked(
    instance: object,
    args: readonly unknown[],
    http: HttpCall | undefined,
    signal: AbortSignal | undefined,
    hold: Hold,
  ): Promise<unknown> {
    const { keysOf, locking, whenHeld } = this.#lock;
    const manager = managerOf(instance, this.#managerSlot);
    if (manager === undefined) throw withoutModule(this.#place.name, this.#lock.manager);
    const keys = await keysOf(this.#place.name, args, http?.request);
    let isGranted = false;
    const work = (lease: Lease): unknown => {
      isGranted = true;
      // Between the grant and this turn the client may have left, or this process may have been frozen.
      signal?.throwIfAborted();
      if (isOver(lease)) throw lease.signal.reason;
      return this.#method.apply(instance, this.#given(args, lease));
    };
    try {
      return await hold(manager, keys, work, signal === undefined ? locking : { ...locking, signal });
    } catch (error) {
      // A held lock that the method itself ran into is a matter of the method.
      if (!isGranted && isLockError(error, "ERR_LOCK_HELD")) return whenHeld(error, args);
      throw error;
    }
  }

  #given(args: readonly unknown[], lease: Lease): unknown[] {
    const given = [...args];
    for (const index of this.#leaseAt) given[index] = lease;
    return given;
  }
}

// One for all, and no error, whose stack costs more than all else: nobody is there to be told.
const UNSUBSCRIBED = "the subscriber has left";

/** Passes on what the method gave; resolves when there is no more, or when nobody is subscribed any more. */
async function forward(result: unknown, subscriber: Subscriber<unknown>): Promise<void> {
  const given = await result;
  // A cold one does its work for each subscriber, also for one that has left meanwhile.
  if (subscriber.closed) return;
  if (!isObservable(given)) return subscriber.next(given);
  await new Promise<void>((resolve, reject) => {
    const next = (value: unknown): void => subscriber.next(value);
    subscriber.add(given.subscribe({ next, error: reject, complete: resolve }));
    subscriber.add(resolve);
  });
}

function emit(value: unknown, subscriber: Subscriber<unknown>): void {
  (isObservable(value) ? value : of(value)).subscribe(subscriber);
}

function withoutModule(name: string, manager: string | undefined): Error {
  const module =
    manager === undefined ? "LockModule.forRoot(...)" : `LockModule.forRoot({ name: "${manager}", ... })`;
  return new Error(
    `${name} is @Locked, but its instance was given no LockManager: import ${module}, and have Nest make the instance; what a factory made, or is a value, gets it when the application is initialized`,
  );
}
