import { Redis } from "ioredis";
import { describe, expect, onTestFinished, test } from "vitest";
import { lockManager, redisClient, redisServer } from "../support/this-test.js";

function clientOf(
  server: { readonly port: number },
  options: { readonly db?: number; readonly keyPrefix?: string },
) {
  const client = new Redis({ port: server.port, ...options });
  onTestFinished(() => client.disconnect());
  return client;
}

describe("D6: a database other than 0 is where the lock is", () => {
  test.each(["client", "URL"])("given as a %s", async (kind) => {
    const server = await redisServer();
    const [zero, three] = [redisClient(server), clientOf(server, { db: 3 })];
    const locks = lockManager({
      nodes: [kind === "client" ? clientOf(server, { db: 3 }) : `${server.url}/3`],
    });
    const lease = await locks.acquire("seat");
    expect(await three.get("lock:seat")).toBe(lease.token);
    await lease.extend();
    expect(await locks.inspect("seat")).toMatchObject({ token: lease.token });
    expect(await zero.dbsize()).toBe(0);
    // Another database is another world: the same key is free there.
    expect(await lockManager({ nodes: [zero] }).tryAcquire("seat")).toMatchObject({ valid: true });
    expect(await lease.release()).toBe(true);
    expect(await three.exists("lock:seat")).toBe(0);
    expect(await zero.exists("lock:seat")).toBe(1);
  });
});

describe("a client with a keyPrefix of its own", () => {
  test("puts it in front of the manager's, and every operation works", async () => {
    const server = await redisServer();
    const bare = redisClient(server);
    const locks = lockManager({ nodes: [clientOf(server, { keyPrefix: "app:" })] });
    const lease = await locks.acquire("seat");
    expect(await bare.get("app:lock:seat")).toBe(lease.token);
    await lease.extend();
    expect(await locks.inspect("seat")).toMatchObject({ key: "seat", token: lease.token });
    expect(await locks.tryAcquire("seat")).toBeNull();
    const several = await locks.acquire(["a", "b"]);
    expect(await several.release()).toBe(true);
    expect(await lease.release()).toBe(true);
    expect((await bare.keys("*")).filter((key) => !key.startsWith("app:"))).toEqual([]);
    expect(await bare.exists("app:lock:seat")).toBe(0);
  });

  test("is kept out by whatever has the whole name", async () => {
    const server = await redisServer();
    const locks = lockManager({ nodes: [clientOf(server, { keyPrefix: "app:" })] });
    await redisClient(server).set("app:lock:seat", "by hand", "PX", 20_000);
    expect(await locks.tryAcquire("seat")).toBeNull();
  });
});
