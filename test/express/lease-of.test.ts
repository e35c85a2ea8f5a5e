import type { Lease } from "@redlock-kit/core";
import { leaseOf } from "@redlock-kit/express";
import type { NextFunction, Request, Response } from "express";
import { describe, expect, test } from "vitest";
import { until } from "../conformance/http/client.js";
import { Gate } from "../support/gate.js";
import { isFree, newApp, serve, versions } from "./app.js";

describe.each(versions)("with $version, in a handler", ({ express }) => {
  test("leaseOf(req) is res.locals.lease, and speaks for the manager's lease", async () => {
    const { app, locks, locked } = newApp(express);
    app.post("/", locked("k", { ttlMs: 4_000, owner: "web" }), async (req, res) => {
      const lease = leaseOf(req);
      const own = locks.currentLease() as Lease;
      expect(res.locals.lease).toBe(lease);
      expect(lease).toMatchObject({ key: "k", keys: ["k"], ttlMs: 4_000, owner: "web", valid: true });
      expect([lease.token, lease.fencingToken]).toEqual([own.token, own.fencingToken]);
      expect(lease.remainingMs()).toBeLessThanOrEqual(4_000);
      expect(await lease.extend(9_000)).toBe(lease);
      expect(own.ttlMs).toBe(9_000);
      expect(lease.signal.aborted).toBe(false);
      expect(await lease.release()).toBe(true);
      expect(await isFree(locks, "k")).toBe(true);
      res.end("checked");
    });
    expect((await (await serve(app)).post("/")).text).toBe("checked");
  });

  test("of several locked() the innermost counts, and each is released", async () => {
    const { app, locks, locked } = newApp(express);
    const leases: string[] = [];
    const note = (req: Request, _res: Response, next: NextFunction) => {
      leases.push(leaseOf(req).key);
      next();
    };
    app.post("/", locked("outer"), note, locked("inner"), note, (_req, res) => {
      expect(locks.assertLocked("outer").key).toBe("outer");
      expect((res.locals.lease as Lease).key).toBe("inner");
      res.end();
    });
    expect((await (await serve(app)).post("/")).status).toBe(200);
    expect(leases).toEqual(["outer", "inner"]);
    await until(() => locks.stats().held === 0);
  });

  test("there is no lease without locked(), and none is left when it is over", async () => {
    const { app, locks, locked } = newApp(express);
    const requests: Request[] = [];
    const responses: Response[] = [];
    const keep = (req: Request, res: Response, next: NextFunction) => {
      expect(() => leaseOf(req)).toThrow(expect.objectContaining({ code: "ERR_LOCK_NOT_HOLDER" }));
      requests.push(req);
      responses.push(res);
      next();
    };
    app.post("/", keep, locked("outer"), locked("inner"), (_req, res) => void res.end());
    expect((await (await serve(app)).post("/")).status).toBe(200);
    await until(() => locks.stats().held === 0);
    expect(() => leaseOf(requests[0] as Request)).toThrow(/no lease/);
    expect(responses[0]?.locals.lease).toBeUndefined();
  });

  test("the outer lease is back when the inner one is over", async () => {
    const { app, locks, locked } = newApp(express);
    const gate = new Gate();
    app.post("/", locked("outer", { graceMs: 60_000 }), locked("inner", { graceMs: 0 }), async (req, res) => {
      await gate.opened;
      await until(() => isFree(locks, "inner"));
      expect(leaseOf(req).key).toBe("outer");
      expect(res.locals.lease).toBe(leaseOf(req));
      gate2.open();
      res.end();
    });
    const gate2 = new Gate();
    const { leave } = (await serve(app)).leavingPost("/");
    await until(() => locks.stats().held === 2);
    leave();
    gate.open();
    await gate2.opened;
    await until(() => locks.stats().held === 0);
  });

  test("leases of concurrent requests are not mixed up", async () => {
    const { app, locked } = newApp(express);
    const all = new Gate();
    let running = 0;
    app.post("/:id", locked("seat:{params.id}"), async (req, res) => {
      if (++running === 20) all.open();
      await all.opened;
      res.json({ key: leaseOf(req).key });
    });
    const client = await serve(app);
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => client.post(`/${i}`)));
    expect(answers.map(({ json }) => json.key)).toEqual(Array.from({ length: 20 }, (_, i) => `seat:${i}`));
  });
});

test("the signal is aborted, too, when it is asked for only after the client has left", async () => {
  const { app, locks, locked } = newApp();
  const [gate, answered] = [new Gate(), new Gate<unknown>()];
  app.post("/", locked("k", { graceMs: 60_000 }), async (req, res) => {
    await gate.opened;
    answered.open(leaseOf(req).signal.reason);
    res.end();
  });
  const client = await serve(app);
  const closed = client.connectionClosed();
  const { leave } = client.leavingPost("/");
  await until(() => locks.stats().held === 1);
  leave();
  await closed;
  gate.open();
  expect(await answered.opened).toMatchObject({ code: "ERR_LOCK_ABORTED" });
});
