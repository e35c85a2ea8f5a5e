import { describe, expect, test, vi } from "vitest";
import { Gate } from "../../support/gate.js";
import { until } from "./client.js";
import { aMoment, free, held, type Stage, waiting } from "./stage.js";

/** What HTTP connections can carry beside one request and its answer. */
export function connections(stage: Stage): void {
  test("a connection that is kept alive gathers no listeners", async () => {
    const { client } = await stage.open({ path: "/", key: "k", handler: () => "done" });
    const listeners: number[] = [];
    client.server.on("request", ({ socket }) => {
      listeners.push(
        ["close", "end", "timeout"].reduce((sum, event) => sum + socket.listenerCount(event), 0),
      );
    });
    const connection = client.connect();
    for (let i = 1; i <= 5; i++) {
      connection.post("/");
      await until(() => connection.received.split("done").length === i + 1);
    }
    // The first one came before anybody listened.
    expect(new Set(listeners.slice(1)).size).toBe(1);
  });

  test("a pool of connections that are used again (undici) is served like any client", async () => {
    const { client, locks } = await stage.open({ path: "/", key: "k", handler: () => "done" });
    const post = async () => (await fetch(`http://127.0.0.1:${client.port}/`, { method: "POST" })).text();
    for (let i = 0; i < 3; i++) expect(await Promise.all([post(), post()])).toEqual(["done", "done"]);
    await held(locks, 0);
    expect(locks.stats()).toMatchObject({ acquired: 6, released: 6 });
  });

  test("HEAD is locked like GET", async () => {
    const { client, locks, others } = await stage.open({
      method: "get",
      path: "/",
      key: "k",
      options: { waitMs: 0 },
      handler: () => "done",
    });
    expect(await client.send("HEAD", "/")).toMatchObject({ status: 200, text: "" });
    await free(others);
    expect(locks.stats()).toMatchObject({ acquired: 1, released: 1 });
    await using _held = await others.acquire("k");
    const refused = await client.send("HEAD", "/");
    expect(refused).toMatchObject({ status: 423, text: "" });
    expect(refused.headers["content-type"]).toBe("application/problem+json");
  });

  test("OPTIONS locks nothing", async () => {
    const handler = vi.fn(() => "done");
    const { client, locks } = await stage.open({ path: "/", key: "k", handler });
    expect((await client.send("OPTIONS", "/")).status).not.toBe(500);
    expect(handler).not.toHaveBeenCalled();
    expect(locks.stats().acquired).toBe(0);
  });

  describe("pipelined requests", () => {
    test("stop waiting when the client leaves, before the turn of their responses, too", async () => {
      const handler = vi.fn(() => "done");
      const { client, locks, others } = await stage.open([
        { path: "/first", key: "first", handler: () => new Promise(() => {}) },
        { path: "/second", key: "k", options: { waitMs: 60_000 }, handler },
      ]);
      await using _held = await others.acquire("k");
      const connection = client.connect();
      connection.post("/first", "/second");
      await waiting(locks, 1);
      connection.socket.destroy();
      await waiting(locks, 0);
      expect(handler).not.toHaveBeenCalled();
    });

    test("keep the lock for a running handler, whose response has no connection any more", async () => {
      const [gate, begun] = [new Gate(), new Gate()];
      const { client, others } = await stage.open([
        { path: "/first", key: "first", handler: () => new Promise(() => {}) },
        {
          path: "/second",
          key: "k",
          options: stage.lacks("graceMs") ? {} : { graceMs: 60_000 },
          handler: async () => {
            begun.open();
            await gate.opened;
            return "done";
          },
        },
      ]);
      const closed = client.connectionClosed();
      const connection = client.connect();
      connection.post("/first", "/second");
      await begun.opened;
      connection.socket.destroy();
      await closed;
      await aMoment();
      expect(await others.tryAcquire("k")).toBeNull();
      gate.open();
      await free(others);
    });

    test("don't block themselves when the later one gets the lock first", async () => {
      const firstKey = new Gate();
      const { client, locks } = await stage.open({
        path: "/:name",
        key: async ({ name }) => {
          if (name === "first") await firstKey.opened;
          return "k";
        },
        options: { waitMs: 60_000 },
        handler: async ({ params }) => {
          if (params.name === "second") {
            firstKey.open();
            await waiting(locks, 1);
          }
          return `${params.name} done`;
        },
      });
      const connection = client.connect();
      connection.post("/first", "/second");
      await connection.receives(/first done[^]*second done/);
      await held(locks, 0);
    });

    test("are served one at a time and in order, 50 of them, without a warning of a leak", async () => {
      const warning = vi.fn();
      process.on("warning", warning);
      let running = 0;
      const { client, locks } = await stage.open({
        path: "/:n",
        key: "k",
        options: { waitMs: 15_000 },
        handler: async ({ params }) => {
          expect(++running).toBe(1);
          await new Promise((resolve) => setImmediate(resolve));
          running--;
          return `<${params.n}>`;
        },
      });
      const connection = client.connect();
      connection.post(...Array.from({ length: 50 }, (_, i) => `/${i}`));
      await connection.receives(/<49>/);
      expect(connection.received.match(/<\d+>/g)).toEqual(Array.from({ length: 50 }, (_, i) => `<${i}>`));
      await held(locks, 0);
      process.off("warning", warning);
      expect(warning).not.toHaveBeenCalled();
    });
  });
}
