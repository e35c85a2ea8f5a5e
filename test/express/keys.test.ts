import { LockError } from "@redlock-kit/core";
import { lockErrors } from "@redlock-kit/express";
import { type NextFunction, type Request, type Response, Router } from "express";
import { describe, expect, test } from "vitest";
import { newApp, serve, versions } from "./app.js";

describe.each(versions)("with $version, a template", ({ express }) => {
  /** Answers with the keys that a request locked. */
  async function keysBy(template: string | readonly string[]) {
    const { app, locks, locked } = newApp(express);
    app.use(express.json());
    app.use((req, _res, next) => {
      Object.assign(req, { user: { id: 7 }, cookies: { sid: "c" } });
      next();
    });
    app.post("/seats/:id", locked(template), (_req, res) => void res.json(locks.currentLease()?.keys));
    return serve(app);
  }

  test("reads params, query, body, headers, cookies and user", async () => {
    const client = await keysBy(
      "{params.id}:{query.q}:{body.order.id}:{headers.X-Request-Id}:{cookies.sid}:{user.id}",
    );
    const headers = { "content-type": "application/json", "x-request-id": "r-1" };
    const { json } = await client.post("/seats/A1?q=s", headers, '{"order":{"id":9}}');
    expect(json).toEqual(["A1:s:9:r-1:c:7"]);
  });
});

describe("a key function", () => {
  const appWith = (key: (req: Request<Record<string, string>>) => unknown) => {
    const { app, locks, locked } = newApp();
    app.post("/:id", locked(key as () => string), (_req, res) => void res.json(locks.currentLease()?.keys));
    app.use(
      (error: Error, _req: Request, res: Response, _next: NextFunction) =>
        void res.status(418).end(error.message),
    );
    return serve(app);
  };

  test.each([
    ["an error", new Error("own")],
    ["even a lock error", new LockError("ERR_LOCK_HELD", "own")],
  ])("that throws %s sends it to the error handlers unchanged", async (_, error) => {
    const throws = await appWith(() => {
      throw error;
    });
    expect(await throws.post("/7")).toMatchObject({ status: 418, text: "own" });
    const rejects = await appWith(() => Promise.reject(error));
    expect(await rejects.post("/7")).toMatchObject({ status: 418, text: "own" });
  });
});

test("the instance is the whole path, also below a router", async () => {
  const { app, locked } = newApp();
  app.use("/api", Router().post("/seats", locked("{query.id}")));
  app.use(lockErrors());
  expect((await (await serve(app)).post("/api/seats?x=1")).json.instance).toBe("/api/seats");
});
