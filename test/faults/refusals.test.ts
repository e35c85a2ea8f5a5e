import type { Redis } from "ioredis";
import { describe, expect, test } from "vitest";
import { lockManager, redisClient, redisServer, redisServers } from "../support/this-test.js";

const WORKER = ["ACL", "SETUSER", "worker", "on", "resetpass", ">right", "~*", "&*", "+@all"] as const;

interface Refusal {
  readonly what: string;
  readonly strike: (server: Redis) => Promise<unknown>;
  readonly mend: (server: Redis) => Promise<unknown>;
  readonly reason: RegExp;
}

const refusals: readonly Refusal[] = [
  {
    what: "that became a replica",
    strike: (server) => server.replicaof("127.0.0.1", 1),
    mend: (server) => server.replicaof("NO", "ONE"),
    reason: /READONLY|replica/,
  },
  {
    what: "whose memory is full",
    strike: (server) => server.config("SET", "maxmemory", "1"),
    mend: (server) => server.config("SET", "maxmemory", "0"),
    reason: /OOM/,
  },
  {
    what: "whose ACL does not allow scripts",
    strike: (server) => server.call("ACL", "SETUSER", "worker", "-eval", "-evalsha"),
    mend: (server) => server.call(...WORKER),
    reason: /NOPERM/,
  },
  {
    what: "whose ACL does not allow the keys",
    strike: (server) => server.call("ACL", "SETUSER", "worker", "resetkeys", "~another:*"),
    mend: (server) => server.call(...WORKER),
    reason: /NOPERM/,
  },
];

/** A server with a user of the name of worker, and the URL for that user. */
async function serverWithUser() {
  const server = await redisServer();
  const client = redisClient(server);
  await client.call(...WORKER);
  return { server, client, url: (password: string) => server.url.replace("//", `//worker:${password}@`) };
}

describe.each(refusals)("a node $what", ({ strike, mend, reason }) => {
  test("is named with its reason, and votes again when that has gone", async () => {
    const { server, client, url } = await serverWithUser();
    const locks = lockManager({ nodes: [url("right")] });
    await (await locks.acquire("warm up")).release();
    await strike(client);
    const vote = {
      node: `127.0.0.1:${server.port}`,
      outcome: "unknown",
      reason: expect.stringMatching(reason),
    };
    await expect(locks.acquire("seat", { waitMs: 0 })).rejects.toMatchObject({
      code: "ERR_LOCK_UNAVAILABLE",
      message: expect.stringMatching(reason),
      votes: [vote],
    });

    await mend(client);
    expect((await locks.acquire("seat", { waitMs: 10_000 })).valid).toBe(true);
    expect(locks.stats().nodes).toMatchObject([{ voting: true }]);
  });

  test("is named with its reason to a manager that meets it so, and votes when that has gone", async () => {
    const { client, url } = await serverWithUser();
    await strike(client);
    const locks = lockManager({ nodes: [url("right")], nodeTimeoutMs: 500 });
    await expect(locks.acquire("seat", { waitMs: 0 })).rejects.toMatchObject({
      code: "ERR_LOCK_UNAVAILABLE",
      votes: [{ reason: expect.stringMatching(reason) }],
    });

    await mend(client);
    expect((await locks.acquire("seat", { waitMs: 10_000 })).valid).toBe(true);
  });

  test("does not get in the way of the other two", async () => {
    const { client, url } = await serverWithUser();
    const others = await redisServers(2);
    const nodes = [url("right"), ...others.map((other) => other.url)];
    const locks = lockManager({ nodes, restartQuarantineMs: 0 });
    await (await locks.acquire("warm up")).release();
    await strike(client);
    expect(await locks.withLock("seat", () => "booked")).toBe("booked");
  });
});

test.each([
  ["a wrong password", "wrong", /WRONGPASS/],
  ["no password", undefined, /NOAUTH|authentication/i],
])(
  "a node that refuses %s is named with this reason, and votes once it accepts",
  async (_what, password, reason) => {
    const server = await redisServer({ args: ["--requirepass", "right"] });
    const [right, used] = [
      server.url.replace("//", "//:right@"),
      `//${password === undefined ? "" : `:${password}@`}`,
    ];
    const client = redisClient({ url: right });
    const locks = lockManager({ nodes: [server.url.replace("//", used)], nodeTimeoutMs: 500 });
    const refusal = () => locks.acquire("seat", { waitMs: 0 }).catch((error: unknown) => error);
    await expect.poll(refusal, { timeout: 5_000 }).toMatchObject({
      code: "ERR_LOCK_UNAVAILABLE",
      votes: [{ node: `127.0.0.1:${server.port}`, reason: expect.stringMatching(reason) }],
    });
    const told = JSON.stringify([await refusal(), locks.stats()]);
    if (password !== undefined) expect(told).not.toContain(`:${password}@`);

    await client.config("SET", "requirepass", password ?? "");
    expect((await locks.acquire("seat", { waitMs: 10_000 })).valid).toBe(true);
  },
);

test("SCRIPT FLUSH while a lease is held is not noticed: extending, releasing and acquiring go on", async () => {
  const server = await redisServer();
  const client = redisClient(server);
  const locks = lockManager({ nodes: [server.url] });
  const lease = await locks.acquire("seat");
  await client.script("FLUSH");
  await lease.extend();
  await client.script("FLUSH");
  expect(await lease.release()).toBe(true);
  await client.script("FLUSH");
  expect((await locks.acquire("seat")).valid).toBe(true);
});

test("CLIENT KILL while a lease is held costs nothing but a reconnection", async () => {
  const server = await redisServer();
  const client = redisClient(server);
  const locks = lockManager({ nodes: [server.url], ttlMs: 3_000 });
  const lease = await locks.acquire("seat");
  await client.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
  await expect.poll(() => locks.stats().extended, { timeout: 10_000 }).toBeGreaterThan(0);
  expect(lease.signal.aborted).toBe(false);
  expect(await lease.release()).toBe(true);
});
