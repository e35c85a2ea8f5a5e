import type { LockManager } from "@redlock-kit/core";
import { createLocked, leaseOf, lockErrors } from "@redlock-kit/express";
import express, { type Express } from "express";
import type { BoxOffice } from "../domain/box-office.js";
import { type BookingRequest, bookingRequest } from "../http/booking-request.js";
import { healthOf } from "../http/health.js";
import { jsonBody } from "../http/json-body.js";
import { checkedBody } from "./checked-body.js";
import { otherMethods, problemErrors, unknownAddress } from "./problem-errors.js";

/** The routes of the Express door. */
export function expressApp(boxOffice: BoxOffice, locks: LockManager): Express {
  const locked = createLocked(locks);
  const app = express();
  app.disable("x-powered-by");

  app
    .route("/api/shows")
    .get((_req, res) => {
      res.json({ shows: boxOffice.shows() });
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
    .post(
      jsonBody(),
      checkedBody(bookingRequest),
      locked("show:{params.showId}:seat:{params.seatId}", { waitMs: 2_000 }),
      async (req, res) => {
        const { customer } = req.body as BookingRequest;
        res.status(201).json(await boxOffice.book({ ...req.params, customer }, leaseOf(req)));
      },
    )
    .all(otherMethods("POST"));

  app
    .route("/api/health")
    .get((_req, res) => {
      res.json(healthOf(locks.stats()));
    })
    .all(otherMethods("GET"));

  app.use(unknownAddress());
  app.use(lockErrors());
  app.use(problemErrors());
  return app;
}
