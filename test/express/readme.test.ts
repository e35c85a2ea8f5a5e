import * as core from "@redlock-kit/core";
import * as redlockExpress from "@redlock-kit/express";
import express, { type Express } from "express";
import { expect, onTestFinished, test } from "vitest";
import { readmeExample } from "../conformance/http/readme-example.js";
import { serve } from "./app.js";

test("the README's example books a seat", async () => {
  const modules = {
    "@redlock-kit/core": core,
    "@redlock-kit/express": redlockExpress,
    express: { default: express },
  };
  const { app, locks } = await readmeExample<{ app: Express; locks: core.LockManager }>("express", modules, [
    ["app.listen(3000);", "return { app, locks };"],
  ]);
  onTestFinished(() => locks.close());
  const client = await serve(app);
  expect(await client.post("/shows/7/seats/A1/booking")).toMatchObject({
    status: 201,
    json: { seat: "A1", fencingToken: expect.any(Number) },
  });
});
