import { beforeAll, expect, onTestFinished, test } from "vitest";
import { freePort } from "../support/free-port.js";
import { badRequests } from "./bad-requests.js";
import { buildBooking, doors, startBooking } from "./booking-app.js";
import { type Answer, book, bookingPath, send } from "./requests.js";

beforeAll(buildBooking);

/** Both doors, with the same environment. */
async function bothDoors(env: Record<string, string>) {
  const apps = await Promise.all(
    doors.map(async (door) => {
      const app = await startBooking({ args: ["--door", door], env: { PORT: "0", ...env } });
      onTestFinished(() => app.stop());
      return app;
    }),
  );
  return apps.map(({ url }) => url);
}

/** Everything that a client sees, but the time and the process. */
function seen({ status, headers, text }: Answer) {
  const others = [...headers].filter(
    ([name]) => !/^(date|etag|last-modified|x-served-by|server-timing)$/.test(name),
  );
  return { status, headers: Object.fromEntries(others), text };
}

test("both doors answer to the byte alike, errors and all", async () => {
  const requests = [
    { path: "/api/shows" },
    { path: "/api/shows/hamlet/seats" },
    { path: "/api/shows/hamlet/seats/" },
    { path: "/api/shows", init: { method: "HEAD" } },
    ...badRequests,
  ];
  const [nest, express] = await Promise.all(
    (await bothDoors({})).map(async (url) => {
      const answers = [];
      for (const { path, init } of requests) answers.push({ path, ...seen(await send(url, path, init)) });
      return answers;
    }),
  );
  expect(nest).toEqual(express);
});

test("both doors say alike that a seat is sold or its payment failed", async () => {
  const urls = await bothDoors({ PAYMENT_MS: "0" });
  await Promise.all(urls.map((url) => book(url, "A1")));
  const [nest, express] = await Promise.all(urls.map(async (url) => seen(await book(url, "A1"))));
  expect(nest).toEqual(express);

  const poor = await bothDoors({ PAYMENT_MS: "0", PAYMENT_FAILURE_RATE: "1" });
  const [nestPoor, expressPoor] = await Promise.all(poor.map(async (url) => seen(await book(url, "A1"))));
  expect(nestPoor).toEqual(expressPoor);
});

test("both doors say alike that no lock can be had", async () => {
  const urls = await bothDoors({ REDIS_URLS: `redis://127.0.0.1:${await freePort()}` });
  const [nest, express] = await Promise.all(urls.map(async (url) => seen(await book(url, "A1"))));
  expect(nest).toEqual(express);
  expect(nest).toMatchObject({ status: 503, headers: { "retry-after": "1" } });
  expect(nest?.text).toContain(`"instance":"${bookingPath("A1")}"`);
});
