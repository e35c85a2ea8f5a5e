import type { IncomingMessage, ServerResponse } from "node:http";
import { All, Body, Controller, Param, Post, Req, Res } from "@nestjs/common";
import { ApiBody, ApiExcludeEndpoint, ApiOperation, ApiParam, ApiResponse } from "@nestjs/swagger";
import type { Lease } from "@redlock-kit/core";
import { CurrentLease, Locked } from "@redlock-kit/nestjs";
import type { SeatRef } from "../domain/show.js";
import { type BookingRequest, bookingRequest } from "../http/booking-request.js";
import { clientSignal } from "../http/client-signal.js";
import { tellLockWait } from "../http/lock-wait.js";
import { methodNotAllowed } from "../http/problem.js";
import type { Services } from "../services.js";
import * as bodies from "./api-bodies.js";
import { CheckedBody } from "./checked-body.pipe.js";
import { InjectServices } from "./services-token.js";

@Controller("api/shows/:showId/seats/:seatId")
@ApiParam({ name: "showId", type: String, example: "hamlet" })
@ApiParam({ name: "seatId", type: String, example: "A1" })
export class BookingsController {
  constructor(@InjectServices() private readonly services: Services) {}

  @Post("booking")
  @ApiOperation({ summary: "Buy a seat, under its lock" })
  @ApiBody({ schema: bodies.booking })
  @ApiResponse({ status: 201, schema: bodies.booked })
  @ApiResponse({ status: 402, description: "PAYMENT_FAILED" })
  @ApiResponse({ status: 409, description: "SEAT_SOLD" })
  @ApiResponse({ status: 423, description: "Busy, or held by somebody else" })
  @Locked("show:{params.showId}:seat:{params.seatId}", { waitMs: 2_000 })
  book(
    @Param() seat: SeatRef,
    @Body(new CheckedBody(bookingRequest)) request: BookingRequest,
    @CurrentLease() lease: Lease,
    @Req() req: IncomingMessage,
    @Res({ passthrough: true }) res: ServerResponse,
  ) {
    tellLockWait(req, res);
    return this.services.boxOffice.book({ ...seat, ...request }, lease);
  }

  /** The same without the lock, to see what it is for. */
  @Post("naive-booking")
  @ApiOperation({ summary: "Buy a seat without a lock: two at once both get it" })
  @ApiBody({ schema: bodies.booking })
  @ApiResponse({ status: 201, schema: bodies.booked })
  bookWithoutLock(
    @Param() seat: SeatRef,
    @Body(new CheckedBody(bookingRequest)) request: BookingRequest,
    @Res({ passthrough: true }) res: ServerResponse,
  ) {
    return this.services.boxOffice.bookWithoutTurn({ ...seat, ...request }, clientSignal(res));
  }

  @All(["booking", "naive-booking"])
  @ApiExcludeEndpoint()
  otherMethods() {
    throw methodNotAllowed("POST");
  }
}
