import type { LockManager } from "@redlock-kit/core";
import { createLocked, leaseOf, lockErrors } from "@redlock-kit/express";
import express, { type Express } from "express";
import {
  type BookingRequest,
  bookingRequest,
  type DropHoldRequest,
  dropHoldRequest,
  type HoldRequest,
  holdRequest,
} from "../http/booking-request.js";
import { clientSignal } from "../http/client-signal.js";
import { healthOf } from "../http/health.js";
import { jsonBody } from "../http/json-body.js";
import { tellLockWait } from "../http/lock-wait.js";
import { page } from "../http/page.js";
import { plainAddress } from "../http/plain-address.js";
import { runRush } from "../http/run-rush.js";
import {
  type ClearRushRequest,
  clearRushRequest,
  type RushRequest,
  rushRequest,
} from "../http/rush-request.js";
import { seatEvents } from "../http/seat-events.js";
import { commonHeaders } from "../http/common-headers.js";
import type { Services } from "../services.js";
import { checkedBody } from "./checked-body.js";
import { otherMethods, problemErrors, unknownAddress } from "./problem-errors.js";

/** The routes of the Express door. */
export function expressApp({ boxOffice, feed, rush, isDatabaseUp }: Services, locks: LockManager): Express {
  const locked = createLocked(locks);
  const seatLocked = locked("show:{params.showId}:seat:{params.seatId}", { waitMs: 2_000 });
  const rushLocked = locked("rush:{body.showId}", { waitMs: 0 });
  const app = express();
  app.disable("x-powered-by");
  app.use(commonHeaders(), plainAddress());

  app
    .route("/api/shows")
    .get(async (_req, res) => {
      res.json({ shows: await boxOffice.shows() });
    })
    .all(otherMethods("GET"));

  app
    .route("/api/shows/:showId/seats")
    .get(async (req, res) => {
      res.json({ seats: await boxOffice.seats(req.params.showId) });
    })
    .all(otherMethods("GET"));

  app
    .route("/api/shows/:showId/seats/:seatId/booking")
    .post(jsonBody(), checkedBody(bookingRequest), seatLocked, async (req, res) => {
      tellLockWait(req, res);
      const order = { ...req.params, ...(req.body as BookingRequest) };
      res.status(201).json(await boxOffice.book(order, leaseOf(req)));
    })
    .all(otherMethods("POST"));

  // The same without the lock, to see what it is for.
  app
    .route("/api/shows/:showId/seats/:seatId/naive-booking")
    .post(jsonBody(), checkedBody(bookingRequest), async (req, res) => {
      const order = { ...req.params, ...(req.body as BookingRequest) };
      res.status(201).json(await boxOffice.bookWithoutTurn(order, clientSignal(res)));
    })
    .all(otherMethods("POST"));

  app
    .route("/api/shows/:showId/seats/:seatId/hold")
    .post(jsonBody(), checkedBody(holdRequest), seatLocked, async (req, res) => {
      const { customer } = req.body as HoldRequest;
      res.status(201).json(await boxOffice.hold(req.params, customer, leaseOf(req)));
    })
    .delete(jsonBody(), checkedBody(dropHoldRequest), seatLocked, async (req, res) => {
      const { holdToken } = req.body as DropHoldRequest;
      await boxOffice.dropHold(req.params, holdToken, leaseOf(req));
      res.status(204).end();
    })
    .all(otherMethods("POST", "DELETE"));

  app.route("/api/events").get(seatEvents(feed)).all(otherMethods("GET"));

  app
    .route("/api/rush")
    .post(jsonBody(), checkedBody(rushRequest), rushLocked, async (req, res) => {
      await runRush(rush, req.body as RushRequest, req, res);
    })
    .delete(jsonBody(), checkedBody(clearRushRequest), rushLocked, async (req, res) => {
      await rush.clear((req.body as ClearRushRequest).showId);
      res.status(204).end();
    })
    .all(otherMethods("POST", "DELETE"));

  app
    .route("/api/health")
    .get(async (_req, res) => {
      res.json(healthOf(locks.stats(), await isDatabaseUp(), "express"));
    })
    .all(otherMethods("GET"));

  app.use(page());
  app.use(unknownAddress());
  app.use(lockErrors());
  app.use(problemErrors());
  return app;
}
