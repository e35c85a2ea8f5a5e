import * as core from "@redlock-kit/core";
import * as redlockHono from "@redlock-kit/hono";
import { Hono } from "hono";
import { expect, onTestFinished, test } from "vitest";
import { readmeExample } from "../conformance/http/readme-example.js";

test("the README's example books a seat", async () => {
  const modules = {
    "@hono/node-server": { serve: () => {} },
    "@redlock-kit/core": core,
    "@redlock-kit/hono": redlockHono,
    hono: { Hono },
  };
  const { app, locks } = await readmeExample<{ app: Hono; locks: core.LockManager }>("hono", modules, [
    ["serve({ fetch: app.fetch, port: 3000 });", "return { app, locks };"],
  ]);
  onTestFinished(() => locks.close());
  const answer = await app.request("/shows/7/seats/A1/booking", { method: "POST" });
  expect(answer.status).toBe(201);
  expect(await answer.json()).toEqual({ seat: "A1", fencingToken: expect.any(Number) });
});
