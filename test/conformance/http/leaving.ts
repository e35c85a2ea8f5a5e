import { describe, expect, test, vi } from "vitest";
import { Gate } from "../../support/gate.js";
import type { HandlerCall, RouteOptions } from "./door.js";
import { leaseIn } from "./door.js";
import { aMoment, free, held, manualManager, type Stage, waiting } from "./stage.js";

/** What becomes of the lock when the client does not wait for its answer. */
export function leaving(stage: Stage): void {
  const leavingAborts = !stage.lacks("signal of leaving");

  describe("when the client leaves while its request waits,", () => {
    test("the waiting stops: the handler never runs, no lock is taken and nothing is queued", async () => {
      const handler = vi.fn(() => "done");
      const { client, locks, others } = await stage.open({
        path: "/",
        key: "k",
        options: { waitMs: 60_000 },
        handler,
      });
      const lease = await others.acquire("k");
      const { leave } = client.leavingPost("/");
      await waiting(locks, 1);
      leave();
      await waiting(locks, 0);
      await lease.release();
      await using next = await others.acquire("k", { waitMs: 1_000 });
      expect(next.valid).toBe(true);
      expect(await others.inspect("k")).toMatchObject({ waiters: 0 });
      expect(handler).not.toHaveBeenCalled();
      expect(locks.stats()).toMatchObject({ acquired: 0, waiting: 0 });
    });

    test("so it is with a hundred of them, and the next request is served", async () => {
      const { client, locks, others } = await stage.open({
        path: "/",
        key: "k",
        options: { waitMs: 60_000 },
        handler: () => "done",
      });
      const lease = await others.acquire("k");
      const clients = Array.from({ length: 100 }, () => client.leavingPost("/"));
      await waiting(locks, 100);
      for (const { leave } of clients) leave();
      await waiting(locks, 0);
      await lease.release();
      expect((await client.post("/")).status).toBe(200);
      await held(locks, 0);
      expect(locks.stats().acquired).toBe(1);
    });

    test("also while its key is being found", async () => {
      const [asked, gate] = [new Gate(), new Gate()];
      const handler = vi.fn(() => "done");
      const { client, locks } = await stage.open({
        path: "/",
        key: async () => {
          asked.open();
          await gate.opened;
          return "k";
        },
        handler,
      });
      const closed = client.connectionClosed();
      const { leave } = client.leavingPost("/");
      await asked.opened;
      leave();
      await closed;
      gate.open();
      await aMoment();
      expect(handler).not.toHaveBeenCalled();
      expect(locks.stats()).toMatchObject({ acquired: 0, waiting: 0 });
    });

    test("also in the moment of the grant", async () => {
      const { locks, asked, grant } = manualManager();
      const handler = vi.fn(() => "done");
      const client = await stage.openWith(locks, { path: "/", key: "k", handler });
      const closed = client.connectionClosed();
      const { leave } = client.leavingPost("/");
      await asked;
      leave();
      await closed;
      grant();
      await aMoment();
      expect(handler).not.toHaveBeenCalled();
    });

    test("also if it only ends its own side of the connection", async () => {
      const handler = vi.fn(() => "done");
      const { client, locks, others } = await stage.open({
        path: "/",
        key: "k",
        options: { waitMs: 60_000 },
        handler,
      });
      await using _held = await others.acquire("k");
      const connection = client.connect({ allowHalfOpen: true });
      connection.post("/");
      await waiting(locks, 1);
      connection.socket.end();
      await waiting(locks, 0);
      expect(handler).not.toHaveBeenCalled();
    });
  });

  test("a client that ends only its own side still gets its answer if the server allows it", async () => {
    const { client, locks, others } = await stage.open({
      path: "/",
      key: "k",
      options: { waitMs: 60_000 },
      handler: () => "answer",
    });
    Object.assign(client.server, { httpAllowHalfOpen: true });
    const ended = new Gate();
    client.server.on("connection", (socket) => socket.on("end", () => ended.open()));
    const lease = await others.acquire("k");
    const connection = client.connect({ allowHalfOpen: true });
    connection.post("/");
    await waiting(locks, 1);
    connection.socket.end();
    await ended.opened;
    await lease.release();
    await connection.receives(/answer/);
    await free(others);
  });

  describe("when the client leaves while the handler runs,", () => {
    /** A handler that waits for a gate, and a client that has left it. */
    async function abandoned(options: RouteOptions, finish: (call: HandlerCall) => string | Promise<string>) {
      const [gate, begun] = [new Gate(), new Gate<AbortSignal>()];
      const scene = await stage.open({
        path: "/",
        key: "k",
        options: { waitMs: 60_000, ...options },
        handler: async (call) => {
          begun.open(leaseIn(call).signal);
          await gate.opened;
          return finish(call);
        },
      });
      const closed = scene.client.connectionClosed();
      const { leave } = scene.client.leavingPost("/");
      const signal = await begun.opened;
      const leftAt = performance.now();
      leave();
      await closed;
      return { ...scene, gate, signal, leftAt };
    }

    const untilEnd: RouteOptions = stage.lacks("graceMs") ? {} : { graceMs: 60_000 };

    test("the lock stays until the handler has ended, and its signal says what the door promises", async () => {
      const { others, locks, gate, signal, log } = await abandoned(untilEnd, () => "done");
      await aMoment();
      expect(signal.aborted).toBe(leavingAborts);
      if (leavingAborts) expect(signal.reason).toMatchObject({ code: "ERR_LOCK_ABORTED" });
      expect(await others.tryAcquire("k")).toBeNull();
      gate.open();
      await free(others);
      await locks.close();
      expect(log).toEqual(["released"]);
      expect(locks.stats()).toMatchObject({ acquired: 1, released: 1, lost: 0 });
    });

    test("an error of the handler ends it, too", async () => {
      const { others, gate } = await abandoned(untilEnd, () => Promise.reject(new Error("handler")));
      expect(await others.tryAcquire("k")).toBeNull();
      gate.open();
      await free(others);
    });

    test("another request waits for it, and does not overlap it", async () => {
      const { client, gate, locks, log } = await abandoned(untilEnd, () => {
        log.push("ends");
        return "done";
      });
      const second = client.post("/");
      await waiting(locks, 1);
      gate.open();
      expect((await second).text).toBe("done");
      await held(locks, 0);
      expect(log).toEqual(["ends", "released", "ends", "released"]);
    });

    if (stage.lacks("graceMs")) return;

    test.each([0, 30])("graceMs: %i bounds how long the lock stays", async (graceMs) => {
      const { others, gate, locks } = await abandoned({ graceMs, ttlMs: 5_000 }, () => "done");
      await free(others);
      gate.open();
      expect(locks.stats()).toMatchObject({ released: 1, lost: 0 });
    });

    test("graceMs is the ttl by default", async () => {
      const { others, gate, leftAt } = await abandoned({ ttlMs: 300 }, () => "done");
      await free(others);
      expect(performance.now() - leftAt).toBeGreaterThanOrEqual(295);
      gate.open();
    });
  });

  test("a client that stalls in the middle of its body holds no lock", async () => {
    const { client, locks } = await stage.open({ path: "/", key: "{body.id}", handler: () => "done" });
    const connection = client.connect();
    const arrived = new Promise((resolve) => client.server.once("request", resolve));
    connection.socket.write(
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{"id"',
    );
    await arrived;
    await aMoment();
    expect(locks.stats()).toMatchObject({ acquired: 0, waiting: 0 });
    connection.socket.destroy();
    await aMoment();
    expect((await client.postJson("/", { id: 1 })).text).toBe("done");
    expect(locks.stats().acquired).toBe(1);
  });

  test("a client that does not read its answer holds no lock any more when it has left", async () => {
    const { client, locks, others } = await stage.open({
      path: "/",
      key: "k",
      handler: () => "x".repeat(20_000_000),
    });
    const connection = client.connect();
    connection.socket.pause();
    connection.post("/");
    await vi.waitFor(() => expect(locks.stats().acquired).toBe(1));
    await aMoment();
    connection.socket.destroy();
    await free(others);
    expect(locks.stats()).toMatchObject({ released: 1, lost: 0 });
  });
}
