import { setTimeout as sleep } from "node:timers/promises";
import { obey } from "./orders.js";

export interface ExampleOrders {
  add(a: number, b: number): number;
  wait(ms: number): Promise<string>;
  fail(): void;
  leave(): void;
}

obey<ExampleOrders>({
  add: (a, b) => a + b,
  wait: (ms) => sleep(ms, `waited for ${ms} ms`),
  fail() {
    throw new Error("It can't be done");
  },
  leave: () => process.disconnect(),
});
