import { beforeAll, expect, onTestFinished, test } from "vitest";
import { type BookingOptions, buildBooking, doors, spawnBooking, startBooking } from "./booking-app.js";
import { fileDatabase } from "./file-database.js";
import { jsonPost, send } from "./requests.js";

beforeAll(buildBooking);
const database = fileDatabase();

async function start(options: BookingOptions) {
  const app = await startBooking(options);
  onTestFinished(() => app.stop());
  return { app, at: (host: string) => app.url.replace("localhost", host) };
}

const rush = jsonPost({ showId: "hamlet", buyers: 3, lock: true });

test.each(doors)("without HOST the %s door is found at every address of the machine", async (door) => {
  const { app, at } = await start({
    args: ["--door", door],
    env: { PORT: "0", PAYMENT_MS: "0", ...database },
  });
  for (const url of [app.url, at("127.0.0.1")]) {
    expect((await send(url, "/api/shows")).status).toBe(200);
    expect((await send(url, "/api/rush", rush)).json).toMatchObject({ sold: 3 });
  }
});

test.each([
  ["one process", []],
  ["several", ["--servers", "2", "--redis"]],
])("with HOST %s can be found there and nowhere else", async (_what, args) => {
  const { app, at } = await start({
    args: ["--door", "express", ...args],
    env: { PORT: "0", HOST: "127.0.0.1", PAYMENT_MS: "0", ...database },
  });
  expect((await send(at("127.0.0.1"), "/api/rush", rush)).json).toMatchObject({ sold: 3 });
  await expect(send(at("127.0.0.2"), "/api/shows")).rejects.toThrow();
  app.kill("SIGINT");
  expect(await app.ended).toBe(0);
});

test("a HOST that is not of this machine ends the start with one clear line", async () => {
  const app = spawnBooking({ env: { PORT: "0", HOST: "203.0.113.1", ...database } });
  onTestFinished(() => app.stop());
  expect(await app.ended).toBe(1);
  expect(app.output("stderr")).toMatch(/^HOST 203\.0\.113\.1 can't be used: [^\n]+\n$/);
});

test("--help tells how to start it, and does not", async () => {
  const app = spawnBooking({ args: ["--help"] });
  onTestFinished(() => app.stop());
  expect(await app.ended).toBe(0);
  expect(app.output("stdout")).toContain("--door nest|express");
});
