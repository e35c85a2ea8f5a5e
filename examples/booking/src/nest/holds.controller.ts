import { All, Body, Controller, Delete, HttpCode, Inject, Param, Post } from "@nestjs/common";
import { ApiBody, ApiExcludeEndpoint, ApiOperation, ApiParam, ApiResponse } from "@nestjs/swagger";
import type { SeatRef } from "../domain/show.js";
import {
  type DropHoldRequest,
  dropHoldRequest,
  type HoldRequest,
  holdRequest,
} from "../http/booking-request.js";
import { methodNotAllowed } from "../http/problem.js";
import * as bodies from "./api-bodies.js";
import { CheckedBody } from "./checked-body.pipe.js";
import { HoldsService } from "./holds.service.js";

@Controller("api/shows/:showId/seats/:seatId/hold")
@ApiParam({ name: "showId", type: String, example: "hamlet" })
@ApiParam({ name: "seatId", type: String, example: "A1" })
export class HoldsController {
  constructor(@Inject(HoldsService) private readonly holds: HoldsService) {}

  @Post()
  @ApiOperation({ summary: "Hold a seat while paying; any server takes the hold up by its token" })
  @ApiBody({ schema: bodies.hold })
  @ApiResponse({ status: 201, schema: bodies.held })
  @ApiResponse({ status: 409, description: "SEAT_SOLD" })
  @ApiResponse({ status: 423, description: "Busy, or held by somebody else" })
  hold(@Param() seat: SeatRef, @Body(new CheckedBody(holdRequest)) { customer }: HoldRequest) {
    return this.holds.hold(seat, customer);
  }

  @Delete()
  @HttpCode(204)
  @ApiOperation({ summary: "Give a hold up" })
  @ApiBody({ schema: bodies.dropHold })
  @ApiResponse({ status: 204 })
  @ApiResponse({ status: 409, description: "NOT_YOUR_HOLD" })
  drop(@Param() seat: SeatRef, @Body(new CheckedBody(dropHoldRequest)) { holdToken }: DropHoldRequest) {
    return this.holds.drop(seat, holdToken);
  }

  @All()
  @ApiExcludeEndpoint()
  otherMethods() {
    throw methodNotAllowed("POST", "DELETE");
  }
}
