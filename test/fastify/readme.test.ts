import * as core from "@redlock-kit/core";
import * as redlockFastify from "@redlock-kit/fastify";
import { fastify, type FastifyInstance } from "fastify";
import { expect, onTestFinished, test } from "vitest";
import { readmeExample } from "../conformance/http/readme-example.js";

test("the README's example books a seat, and ends with its locks", async () => {
  const modules = {
    "@redlock-kit/core": core,
    "@redlock-kit/fastify": redlockFastify,
    fastify: { fastify },
  };
  const { app, locks } = await readmeExample<{ app: FastifyInstance; locks: core.LockManager }>(
    "fastify",
    modules,
    [
      [/app\.post<.*>\(/, "app.post("],
      ["await app.listen({ port: 3000 });", "return { app, locks };"],
    ],
  );
  onTestFinished(() => locks.close());
  const answer = await app.inject({ method: "POST", url: "/shows/7/seats/A1/booking" });
  expect(answer.statusCode).toBe(201);
  expect(answer.json()).toEqual({ seat: "A1", fencingToken: expect.any(Number) });
  await app.close();
  await expect(locks.acquire("k")).rejects.toMatchObject({ code: "ERR_LOCK_CLOSED" });
});
