import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { buildBooking, startBooking } from "./booking-app.js";
import { databaseBehindProxy } from "./databases.js";
import { book, send } from "./requests.js";

beforeAll(buildBooking);

describe("--servers 2 --redis whose processes are all killed while the database is away", () => {
  test("tries again until they can start, and serves again", async () => {
    const { proxy, url } = await databaseBehindProxy();
    const app = await startBooking({
      args: ["--door", "express", "--servers", "2", "--redis"],
      env: {
        PORT: "0",
        PAYMENT_MS: "0",
        DATABASE_URL: url,
      },
    });
    onTestFinished(() => app.stop());
    const pids = [...app.output("stdout").matchAll(/ {2}application \d: pid (\d+)$/gm)].map(([, pid]) =>
      Number(pid),
    );
    expect(pids).toHaveLength(2);

    proxy.refuse();
    proxy.cut();
    for (const pid of pids) process.kill(pid, "SIGKILL");
    // Their successors look for the database for a while, and give up.
    const given = () => app.output("stdout").match(/\(1\); another one is started in 1 s\.$/gm)?.length;
    await expect.poll(given, { timeout: 30_000 }).toBe(2);
    await expect(send(app.url, "/api/shows")).rejects.toThrow();

    await proxy.accept();
    const served = () =>
      book(app.url, "A1").then(
        ({ status }) => status,
        () => undefined,
      );
    await expect.poll(served, { timeout: 30_000 }).toBe(201);
    app.kill("SIGINT");
    expect(await app.ended).toBe(0);
  }, 60_000);
});
