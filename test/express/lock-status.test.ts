import { createLockManager, memoryNode } from "@redlock-kit/core";
import { faultyNode } from "@redlock-kit/core/testing";
import { lockStatus, type LockStatus } from "@redlock-kit/express";
import { describe, expect, onTestFinished, test } from "vitest";
import { newApp, serve, versions } from "./app.js";

async function ask(of: { readonly port: number }, path: string, accept = "*/*", method = "GET") {
  const response = await fetch(`http://127.0.0.1:${of.port}${path}`, { method, headers: { accept } });
  const { status, headers } = response;
  return { status, headers: Object.fromEntries(headers), text: await response.text() };
}

describe.each(versions)("lockStatus on $version", ({ express }) => {
  test("shows browsers a page, and everybody else JSON, with what is held, by whomever, and the nodes", async () => {
    const { app, locks } = newApp(express);
    const client = await serve(app.use("/ops/locks", lockStatus(locks)));
    const lease = await locks.acquire("seat:A1", { ttlMs: 20_000 });
    const waiting = locks.acquire("seat:A1", { waitMs: 60_000 }).catch(() => {});
    await expect.poll(() => locks.stats().waiting).toBe(1);

    const { status, headers, text } = await ask(client, "/ops/locks", "*/*");
    expect(status).toBe(200);
    expect(headers).toMatchObject({ "content-type": "application/json", "cache-control": "no-store" });
    const shown = JSON.parse(text) as LockStatus;
    expect(shown).toMatchObject({
      state: "up",
      voting: 1,
      quorum: 1,
      nodes: [{ voting: true }],
      locks: [{ key: "seat:A1", fencingToken: lease.fencingToken, waiters: 1 }],
      process: { held: 1, waiting: 1 },
    });
    expect(shown.locks?.[0]?.remainingMs).toBeGreaterThan(10_000);

    const page = await ask(client, "/ops/locks/", "text/html,application/xhtml+xml,*/*;q=0.8");
    expect(page.headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(page.headers["content-security-policy"]).toMatch(/^default-src 'none'/);
    expect(page.text).toContain("seat:A1");
    for (const told of [text, page.text]) expect(told).not.toContain(lease.token);
    await lease.release();
    await waiting;
  });

  test("changes nothing, and leaves other paths to others", async () => {
    const { app, locks } = newApp(express);
    app.use("/locks", lockStatus(locks), (_req, res) => void res.status(404).send("others"));
    const client = await serve(app);
    const lease = await locks.acquire("seat:A1");
    for (const method of ["POST", "DELETE", "PUT"]) {
      expect(await ask(client, "/locks", "*/*", method)).toMatchObject({
        status: 405,
        headers: { allow: "GET, HEAD" },
      });
    }
    expect(await ask(client, "/locks/seat:A1")).toMatchObject({ status: 404, text: "others" });
    expect(await ask(client, "/locks", "*/*", "HEAD")).toMatchObject({ status: 200, text: "" });
    expect(lease.valid).toBe(true);
  });
});

test("a key can't put markup into the page", async () => {
  const { app, locks } = newApp();
  const client = await serve(app.use(lockStatus(locks)));
  await locks.acquire(`<script>alert("1")</script>&'`);
  const { text } = await ask(client, "/", "text/html");
  expect(text).not.toContain("<script");
  expect(text).toContain("&#60;script&#62;alert(&#34;1&#34;)&#60;/script&#62;&#38;&#39;");
});

test("shows the locks like a pattern, and no more than the limit", async () => {
  const { app, locks } = newApp();
  const client = await serve(app.use(lockStatus(locks, { pattern: "seat:*", limit: 2 })));
  for (const key of ["order:1", "seat:1", "seat:2", "seat:3"]) await locks.acquire(key);
  const { text } = await ask(client, "/");
  expect((JSON.parse(text) as LockStatus).locks?.map(({ key }) => key)).toEqual(["seat:1", "seat:2"]);
});

test("says why it can't tell what is held, and still shows nodes and this process", async () => {
  const nodes = [1, 2, 3].map(() => faultyNode(memoryNode()));
  const locks = createLockManager({ nodes });
  onTestFinished(() => locks.close({ graceMs: 0 }));
  const { app } = newApp();
  const client = await serve(app.use(lockStatus(locks)));
  for (const { faults } of nodes.slice(1)) faults.disconnect();
  const { text } = await ask(client, "/");
  expect(JSON.parse(text)).toMatchObject({
    state: "down",
    locks: null,
    problem: expect.stringMatching(/could not be listed: no quorum/),
    process: { held: 0 },
  });
  const page = await ask(client, "/", "text/html");
  expect(page.text).toContain("disconnected");
});

test.each([
  [{ limit: 0 }, /limit must be a whole number/],
  [{ pattern: "" }, /pattern must be/],
  [{ patern: "*" }, /"patern".*did you mean pattern|"patern"/],
])("%o is refused when it is made", (options, message) => {
  const { locks } = newApp();
  expect(() => lockStatus(locks, options as never)).toThrow(message);
});

test("so is something that is no lock manager", () => {
  expect(() => lockStatus({} as never)).toThrow(/locks must be a LockManager/);
});
