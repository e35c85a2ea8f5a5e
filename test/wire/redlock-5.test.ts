import Redlock from "redlock";
import { describe, expect, test } from "vitest";
import { lockManager, redisClient, redisServers } from "../support/this-test.js";

describe.each([1, 3])('with keyPrefix "" on %i nodes,', (count) => {
  async function neighbours() {
    const clients = (await redisServers(count)).map(redisClient);
    const ours = lockManager({ nodes: clients, keyPrefix: "" });
    const theirs = new Redlock(clients, { retryCount: 0 });
    theirs.on("error", () => {}); // it tells of every vote against it
    return { ours, theirs, clients };
  }

  test("a lock of redlock 5 is held for us until it is released", async () => {
    const { ours, theirs } = await neighbours();
    const lock = await theirs.acquire(["seat"], 10_000);
    expect(await ours.tryAcquire("seat")).toBeNull();
    expect(await ours.inspect("seat")).toMatchObject({ token: lock.value, fencingToken: 0 });
    await lock.release();
    expect(await ours.tryAcquire("seat")).toMatchObject({ valid: true });
  });

  test("our lock is held for redlock 5 until it is released", async () => {
    const { ours, theirs } = await neighbours();
    const lease = await ours.acquire("seat");
    await expect(theirs.acquire(["seat"], 10_000)).rejects.toThrow();
    expect(lease.valid).toBe(true);
    await lease.release();
    await expect(theirs.acquire(["seat"], 10_000)).resolves.toMatchObject({ resources: ["seat"] });
  });

  test("locks of several keys exclude each other where they overlap", async () => {
    const { ours, theirs } = await neighbours();
    const lock = await theirs.acquire(["a", "b"], 10_000);
    expect(await ours.tryAcquire(["b", "c"])).toBeNull();
    const lease = await ours.acquire(["c", "d"]);
    await expect(theirs.acquire(["d", "e"], 10_000)).rejects.toThrow();
    await lock.release();
    await lease.release();
    expect(await ours.tryAcquire(["a", "b", "c", "d", "e"])).toMatchObject({ valid: true });
  });

  test("neither releases nor extends the other's lock", async () => {
    const { ours, theirs } = await neighbours();
    const lock = await theirs.acquire(["seat"], 10_000);
    await expect(ours.release("seat", "not theirs")).rejects.toMatchObject({ code: "ERR_LOCK_NOT_HOLDER" });
    await ours.forceRelease("seat");
    const lease = await ours.acquire("seat");
    await expect(lock.release()).rejects.toThrow();
    await expect(lock.extend(10_000)).rejects.toThrow();
    expect(await ours.inspect("seat")).toMatchObject({ token: lease.token });
  });

  test("a lock of redlock 5 that its process passed on by its value is extended and released by us", async () => {
    const { ours, theirs } = await neighbours();
    const lock = await theirs.acquire(["seat"], 2_000);
    const lease = await ours.extend("seat", lock.value, 20_000);
    expect(lease.fencingToken).toBeGreaterThan(0);
    expect(lease.remainingMs()).toBeGreaterThan(2_000);
    expect(await lease.release()).toBe(true);
    await expect(theirs.acquire(["seat"], 10_000)).resolves.toBeDefined();
  });
});
