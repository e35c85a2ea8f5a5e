import { spawn } from "node:child_process";
import { once } from "node:events";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { fakeClock, libfaketime } from "./fake-clock.js";
import { startRedis } from "./redis-server.js";

// There is nothing to test where the library is not installed: those who need it skip, and say so.
const withLibrary = test.runIf(libfaketime() !== undefined);

async function clock() {
  const made = await fakeClock();
  if (made === undefined) throw new Error("libfaketime was there a moment ago");
  onTestFinished(() => made.remove());
  return made;
}

withLibrary("a running redis-server is told another time, and expires by it", async () => {
  const fake = await clock();
  const server = await startRedis({ env: fake.env });
  onTestFinished(() => server.stop());
  const client = new Redis(server.url);
  onTestFinished(() => client.disconnect());
  const aheadMs = async () => Number((await client.time())[0]) * 1_000 - Date.now();
  expect(Math.abs(await aheadMs())).toBeLessThan(5_000);
  await client.set("k", "v", "PX", 30_000);
  fake.set(60_000);
  expect(await aheadMs()).toBeGreaterThan(50_000);
  expect(await client.get("k")).toBeNull();
  fake.set(-60_000);
  expect(await aheadMs()).toBeLessThan(-50_000);
});

withLibrary("a running Node process is told another time, and its monotonic clock goes on", async () => {
  const fake = await clock();
  const read = "console.log(JSON.stringify([Date.now(), performance.now()]))";
  const child = spawn(
    process.execPath,
    ["-e", `${read}; process.stdin.once("data", () => { ${read}; process.exit(); })`],
    {
      env: { ...process.env, ...fake.env },
    },
  );
  onTestFinished(() => void child.kill("SIGKILL"));
  child.stdout.setEncoding("utf8");
  const next = async () => JSON.parse(String((await once(child.stdout, "data"))[0])) as [number, number];
  const [wall, monotonic] = await next();
  fake.set(3_600_000);
  child.stdin.write("go on\n");
  const [wallThen, monotonicThen] = await next();
  expect(wallThen - wall).toBeGreaterThan(3_500_000);
  expect(monotonicThen - monotonic).toBeGreaterThan(0);
  expect(monotonicThen - monotonic).toBeLessThan(60_000);
});
