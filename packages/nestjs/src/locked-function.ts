import { UseInterceptors } from "@nestjs/common";
import { isObservable } from "rxjs";
import { HttpCallInterceptor } from "./http-call.js";
import type { LockDeclaration } from "./lock-declaration.js";
import { LockedCall } from "./locked-call.js";
import { declareManager } from "./manager-slot.js";
import {
  type AnyMethod,
  isGenerator,
  isLocked,
  type MethodPlace,
  refusal,
  resemble,
} from "./method-place.js";
import { refuseAtStart } from "./start-check.js";

/** The locked functions that give a cold Observable. */
const cold = new WeakSet<AnyMethod>();

/**
 * Puts a function that locks in the place of a method.
 *
 * @param descriptor where the function goes: that of the class that is being decorated
 * @param target the prototype of that class; the method itself may be inherited
 */
export function putLocked(
  target: object,
  descriptor: PropertyDescriptor,
  place: MethodPlace,
  lock: LockDeclaration,
  ofClass: boolean,
): void {
  const { propertyKey, method } = place;
  descriptor.value = resemble(lockedFunction(target, place, lock, ofClass), method);
  declareManager(target, lock.manager);
  // Of several locks, one interceptor will do.
  if (isLocked(method)) return;
  UseInterceptors(new HttpCallInterceptor(propertyKey))(target, propertyKey, descriptor);
}

function lockedFunction(
  target: object,
  place: MethodPlace,
  lock: LockDeclaration,
  ofClass: boolean,
): AnyMethod {
  if (isGenerator(place)) {
    const error = refusal(
      place.name,
      `generator methods can't be locked${ofClass ? "; exempt it with @SkipLock()" : ""}`,
    );
    refuseAtStart(target, error);
    return () => {
      throw error;
    };
  }
  const call = new LockedCall(place, lock, ofClass);
  // Methods in short form are no constructors, like the methods whose place they take.
  const ways: Readonly<Record<"now" | "onSubscription", AnyMethod>> = {
    now(...args) {
      return call.now(this, args);
    },
    onSubscription(...args) {
      return call.onSubscription(this, args);
    },
  };
  // What a lock below made cold stays so.
  const isCold = lock.returns === "observable" || isDeclaredObservable(place) || cold.has(place.method);
  const way = isCold ? ways.onSubscription : ways.now;
  if (isCold) cold.add(way);
  return way;
}

/** Whether the compiler wrote down that the method returns an Observable, of whichever copy of rxjs. */
function isDeclaredObservable({ home, propertyKey }: MethodPlace): boolean {
  const declared: unknown = Reflect.getOwnMetadata("design:returntype", home, propertyKey);
  return typeof declared === "function" && isObservable(declared.prototype);
}
