import "reflect-metadata";
import { Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { createLockManager, type LockManager, memoryNode } from "@redlock-kit/core";
import { Locked, LockModule } from "@redlock-kit/nestjs";
import { lastValueFrom, Observable, of } from "rxjs";

const KEYS = 64;
const keys = Array.from({ length: KEYS }, (_, i) => `order:${i}`);

class Orders {
  settle(_id: number) {}
  cancel(_id: number) {}
  watch(_id: number): Observable<number> {
    return of(1);
  }
}

class LockedOrders extends Orders {}

function lock(name: keyof Orders, decorator: unknown): void {
  const descriptor = { value: Orders.prototype[name], configurable: true, writable: true };
  (decorator as MethodDecorator)(LockedOrders.prototype, name, descriptor);
  Object.defineProperty(LockedOrders.prototype, name, descriptor);
}

lock("settle", Locked("order:{0}"));
lock(
  "cancel",
  Locked((id: number) => `order:${id}`),
);
lock("watch", Locked("order:{0}", { returns: "observable" }));

type Way = keyof Orders;
type Round = (calls: number) => Promise<void>;

/** A method of a Nest provider under `@Locked`, and the same method in the hands of `withLock`, on one memory node. */
export async function lockedMethod(way: Way) {
  const manager = createLockManager({ nodes: [memoryNode()] });
  class App {}
  Module({ imports: [LockModule.forRoot({ manager })], providers: [LockedOrders] })(App);
  const app = await NestFactory.createApplicationContext(App, { logger: false });
  const decorated = decoratedRound(app.get(LockedOrders), way);
  const bare = bareRound(manager, new Orders(), way);
  return {
    /** Microseconds of CPU that a call took by each way; they take turns at coming first. */
    async round(calls: number): Promise<{ decorated: number; bare: number }> {
      const first = await cpuOf(decorated, calls);
      const second = await cpuOf(bare, calls);
      const third = await cpuOf(bare, calls);
      const fourth = await cpuOf(decorated, calls);
      return { decorated: (first + fourth) / 2, bare: (second + third) / 2 };
    },
  };
}

function decoratedRound(orders: LockedOrders, way: Way): Round {
  return async (calls) => {
    for (let i = 0; i < calls; i++) {
      const result: unknown = orders[way](i % KEYS);
      await (result instanceof Observable ? lastValueFrom(result) : result);
    }
  };
}

function bareRound(locks: LockManager, orders: Orders, way: Way): Round {
  return async (calls) => {
    for (let i = 0; i < calls; i++) {
      const work = (): unknown => {
        const result: unknown = orders[way](i % KEYS);
        return result instanceof Observable ? lastValueFrom(result) : result;
      };
      // Who may leave needs a signal, by hand as well.
      const options = way === "watch" ? { signal: new AbortController().signal } : {};
      await locks.withLock(keys[i % KEYS] ?? "", work, options);
    }
  };
}

async function cpuOf(round: Round, calls: number): Promise<number> {
  const start = process.cpuUsage();
  await round(calls);
  const { user, system } = process.cpuUsage(start);
  return (user + system) / calls;
}
