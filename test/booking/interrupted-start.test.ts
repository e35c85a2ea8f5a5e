import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { buildBooking, spawnBooking } from "./booking-app.js";
import { databaseBehindProxy } from "./databases.js";

beforeAll(buildBooking);

// The doors differ in nothing before they are open.
describe("the application, told to end while it starts", () => {
  const door = "express";
  test.each(["data.lock", "data/PG_VERSION", "data/postmaster.pid"])(
    "gives DATA_DIR back (once there is %s)",
    async (file) => {
      const folder = await mkdtemp(join(tmpdir(), "redlock-kit-booking-"));
      onTestFinished(() => rm(folder, { recursive: true }));
      const env = { PORT: "0", DATA_DIR: join(folder, "data") };
      const app = spawnBooking({ args: ["--door", door], env });
      onTestFinished(() => app.stop());
      await expect.poll(() => existsSync(join(folder, file)), { timeout: 15_000, interval: 1 }).toBe(true);
      app.kill("SIGINT");
      expect(await app.ended).toBe(0);
      expect(app.output("stdout")).not.toContain("listens on");
      expect(app.output("stderr")).toBe("");
      expect(existsSync(`${env.DATA_DIR}.lock`)).toBe(false);
    },
  );

  test("does not wait for a database that lets it wait", async () => {
    const { proxy, url: DATABASE_URL } = await databaseBehindProxy();
    proxy.apply({ dropReplies: true });
    const app = spawnBooking({ args: ["--door", door], env: { PORT: "0", DATABASE_URL } });
    onTestFinished(() => app.stop());
    await expect.poll(() => proxy.connections.length, { timeout: 10_000 }).toBeGreaterThan(0);
    const since = performance.now();
    app.kill("SIGINT");
    expect(await app.ended).toBe(0);
    expect(performance.now() - since).toBeLessThan(2_000);
    expect(app.output("stderr")).toBe("");
  });
});
