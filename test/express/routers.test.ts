import { leaseOf } from "@redlock-kit/express";
import type { Request, Response } from "express";
import { describe, expect, test } from "vitest";
import { until } from "../conformance/http/client.js";
import { newApp, serve, versions } from "./app.js";

const keyOf = (req: Request, res: Response) => void res.json({ key: leaseOf(req).key });

describe.each(versions)("with $version, locked()", ({ express }) => {
  test("on a mounted router reads the parameters of the router's own paths", async () => {
    const { app, locked } = newApp(express);
    const seats = express.Router();
    seats.post("/seats/:seatId", locked("seat:{params.seatId}"), keyOf);
    app.use("/shows/:showId", seats);
    expect((await (await serve(app)).post("/shows/7/seats/A1")).json).toEqual({ key: "seat:A1" });
  });

  test("reads those of the path of the mount only with mergeParams", async () => {
    const { app, locked } = newApp(express);
    const lock = locked("show:{params.showId}:seat:{params.seatId}");
    for (const mergeParams of [true, false]) {
      const seats = express.Router({ mergeParams });
      seats.post("/seats/:seatId", lock, keyOf);
      app.use(`/${mergeParams}/shows/:showId`, seats);
    }
    const client = await serve(app);
    expect((await client.post("/true/shows/7/seats/A1")).json).toEqual({ key: "show:7:seat:A1" });
    expect(await client.post("/false/shows/7/seats/A1")).toMatchObject({
      status: 400,
      json: { detail: expect.stringContaining("{params.showId}"), instance: "/false/shows/7/seats/A1" },
    });
  });

  test("locks by what app.param has put on the request", async () => {
    const { app, locked } = newApp(express);
    app.param("seatId", (req, _res, next, id: string) => {
      Object.assign(req, { seat: { row: id[0] } });
      next();
    });
    const row = (req: Request) => `row:${(req as Request & { seat: { row: string } }).seat.row}`;
    app.post("/seats/:seatId", locked(row), keyOf);
    expect((await (await serve(app)).post("/seats/B7")).json).toEqual({ key: "row:B" });
  });

  test("of a router and of its route are two locks, and both are given back", async () => {
    const { app, locks, locked } = newApp(express);
    const seats = express.Router({ mergeParams: true });
    seats.use(locked("show:{params.showId}"));
    seats.post("/seats/:seatId", locked("seat:{params.seatId}"), (req, res) => {
      res.json([locks.assertLocked("show:7").key, leaseOf(req).key]);
    });
    app.use("/shows/:showId", seats);
    expect((await (await serve(app)).post("/shows/7/seats/A1")).json).toEqual(["show:7", "seat:A1"]);
    await until(() => locks.stats().held === 0);
    expect(locks.stats()).toMatchObject({ acquired: 2, released: 2 });
  });

  test("before a whole application locks every request, found or not", async () => {
    const { app, locks, locked } = newApp(express);
    app.use(locked((req) => `path:${req.path}`));
    expect((await (await serve(app)).post("/nowhere")).status).toBe(404);
    await until(() => locks.stats().released === 1);
  });
});
