import { All, Body, Controller, Inject, Param, Post } from "@nestjs/common";
import type { Lease } from "@redlock-kit/core";
import { CurrentLease, Locked } from "@redlock-kit/nestjs";
import { BoxOffice } from "../domain/box-office.js";
import type { SeatRef } from "../domain/show.js";
import type { BookingRequest } from "../http/booking-request.js";
import { methodNotAllowed } from "../http/problem.js";
import { BookingRequestPipe } from "./booking-request.pipe.js";

@Controller("api/shows/:showId/seats/:seatId/booking")
export class BookingsController {
  constructor(@Inject(BoxOffice) private readonly boxOffice: BoxOffice) {}

  @Post()
  @Locked("show:{params.showId}:seat:{params.seatId}", { waitMs: 2_000 })
  book(
    @Param() seat: SeatRef,
    @Body(BookingRequestPipe) { customer }: BookingRequest,
    @CurrentLease() lease: Lease,
  ) {
    return this.boxOffice.book({ ...seat, customer }, lease);
  }

  @All()
  otherMethods() {
    throw methodNotAllowed("POST");
  }
}
