import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { forkWorker } from "./fork-worker.js";
import { ordersTo } from "./orders.js";
import type { ExampleOrders } from "./orders.worker.js";

function worker() {
  const child = forkWorker(new URL("./orders.worker.ts", import.meta.url));
  onTestFinished(() => void child.kill("SIGKILL"));
  return { child, give: ordersTo<ExampleOrders>(child) };
}

test("an order is carried out with its arguments, and answered", async () => {
  const { give } = worker();
  expect(await give("add", 1, 2)).toBe(3);
});

test("orders don't wait for each other", async () => {
  const { give } = worker();
  const answered: (string | number)[] = [];
  await Promise.all([
    give("wait", 200).then((text) => answered.push(text)),
    give("add", 1, 2).then((sum) => answered.push(sum)),
  ]);
  expect(answered).toEqual([3, "waited for 200 ms"]);
});

test("one that can't be carried out is an error here", async () => {
  const { give } = worker();
  await expect(give("fail")).rejects.toThrow("It can't be done");
});

test("what is not answered when the worker ends is an error", async () => {
  const { give, child } = worker();
  await give("add", 1, 2);
  const pending = give("wait", 60_000);
  child.kill("SIGKILL");
  await expect(pending).rejects.toThrow("The worker ended with SIGKILL");
});

test("a worker that disconnects ends by itself", async () => {
  const { give, child } = worker();
  const ended = once(child, "exit");
  give("leave").catch(() => {}); // it answers by leaving
  expect(await ended).toEqual([0, null]);
});
