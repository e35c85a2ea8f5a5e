import type { Lease } from "@redlock-kit/core";
import { applyDecorators, Get } from "@nestjs/common";
import { CurrentLease, InjectLockManager, Locked, LockModule, SkipLock } from "@redlock-kit/nestjs";
import { LockTestingModule } from "@redlock-kit/nestjs/testing";
import { type Observable, of } from "rxjs";

/*
 * What the compiler must accept and refuse: checked by `tsc`, never run. A line that is refused no more makes its
 * directive an error.
 */
export class Accepted {
  @Locked("order:{0}:{1.id}", { ttlMs: 10_000, waitMs: 0, whenHeld: "skip" })
  template(_orderId: string, _part: { id: number }) {}

  @Locked(["a:{params.a}", "b:{params.b}"])
  templates() {}

  @Locked((orderId: string) => `order:${orderId}`)
  oneOfThree(_orderId: string, _amount: number, @CurrentLease() _lease?: Lease) {}

  @Locked((from: string, to: string) => [from, to])
  several(_from: string, _to: string) {}

  @Locked((id: string | number) => `order:${id}`)
  widerThanTheMethod(_id: string) {}

  @Locked(async () => "report")
  none() {}

  @Locked((id: string) => id, { whenHeld: (error, [orderId]) => `${orderId.toUpperCase()}: ${error.code}` })
  fallback(_orderId: string) {}

  @Locked((...ids: string[]) => ids)
  rest(..._ids: string[]) {}

  @Locked((id: string) => id, { nested: "reenter", onLost: "ignore", retry: (attempt) => attempt * 10 })
  generic<Id extends string>(id: Id): Id {
    return id;
  }

  @Locked("private")
  private hidden() {}

  useHidden() {
    this.hidden();
  }

  @Locked("order:{0}", { whenHeld: (_error, args: [string]) => args[0] })
  fallbackOfTemplate(_orderId: string) {}
}

@Locked("order:{0}", { waitMs: 0 })
export class AcceptedClass {
  method(_id: string) {}

  @SkipLock()
  exempt() {}

  @Locked("feed", { returns: "observable" })
  cold(): Observable<number> {
    return of(1);
  }

  @applyDecorators(Get("both"), Locked("both"))
  composed() {}
}

@Locked((id: string) => `order:${id}`)
export abstract class AcceptedAbstractClass {
  abstract method(id: string): void;
}

export class Refused {
  // @ts-expect-error -- the method's parameter is a number
  @Locked((orderId: string) => `order:${orderId}`)
  wrongType(_orderId: number) {}

  // @ts-expect-error -- the method has one parameter
  @Locked((orderId: string, part: string) => `order:${orderId}:${part}`)
  tooMany(_orderId: string) {}

  // @ts-expect-error -- the method has no parameter
  @Locked((orderId: string) => `order:${orderId}`)
  noParameter() {}

  // @ts-expect-error -- the method may be called without it
  @Locked((orderId: string) => `order:${orderId}`)
  optional(_orderId?: string) {}

  // @ts-expect-error -- a key is a string
  @Locked((id: number) => id)
  noString(_id: number) {}

  // @ts-expect-error -- the method's parameter is a number
  @Locked("order:{0}", { whenHeld: (_error, args: [string]) => args[0] })
  wrongFallback(_orderId: number) {}

  // @ts-expect-error -- the option is ttlMs
  @Locked("report", { ttl: 5 })
  unknownOption() {}

  // @ts-expect-error -- there is no such word
  @Locked("report", { whenHeld: "wait" })
  unknownWhenHeld() {}

  // @ts-expect-error -- there is no such word
  @Locked("report", { nested: "allow" })
  unknownNested() {}

  // @ts-expect-error -- a manager is named
  @Locked("report", { manager: 5 })
  noName() {}

  // @ts-expect-error -- a key is a template or a function
  @Locked(5)
  noKey() {}

  // @ts-expect-error -- a signal belongs to one call
  @Locked("report", { signal: new AbortController().signal })
  signal() {}

  // @ts-expect-error -- what a method returns needs no other word
  @Locked("report", { returns: "promise" })
  unknownReturn() {}

  // @ts-expect-error -- a duration is a number
  @Locked("report", { ttlMs: "5s" })
  noDuration() {}

  // @ts-expect-error -- a property is no method
  @Locked("report")
  property = 1;

  // @ts-expect-error -- an accessor is no method
  @Locked("report")
  get accessor() {
    return 1;
  }

  method(
    // @ts-expect-error -- a parameter is no method
    @Locked("report") _parameter: string,
  ) {
    return 1;
  }
}

// @ts-expect-error -- a class is exempt as it is
@SkipLock()
export class ExemptClass {}

export class RefusedExemption {
  // @ts-expect-error -- a property is no method
  @SkipLock()
  property = 1;

  constructor(
    // @ts-expect-error -- a manager is named
    @InjectLockManager(5) readonly locks: unknown,
  ) {}
}

// @ts-expect-error -- its nodes are its own
LockTestingModule.forRoot({ nodes: [] });

// @ts-expect-error -- the option is nodes
LockModule.forRoot({ node: [] });

// @ts-expect-error -- a manager needs nodes
LockModule.forRoot({ name: "slow" });

// @ts-expect-error -- name stands beside the factory, and the factory must give options
LockModule.forRootAsync({ useFactory: () => ({ name: "slow" }) });

// @ts-expect-error -- something must make the options
LockModule.forRootAsync({ name: "slow" });
