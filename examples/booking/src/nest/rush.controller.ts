import type { IncomingMessage, ServerResponse } from "node:http";
import { All, Body, Controller, Delete, HttpCode, Post, Req, Res } from "@nestjs/common";
import { ApiBody, ApiExcludeEndpoint, ApiOperation, ApiResponse } from "@nestjs/swagger";
import { Locked } from "@redlock-kit/nestjs";
import { methodNotAllowed } from "../http/problem.js";
import { runRush } from "../http/run-rush.js";
import {
  type ClearRushRequest,
  clearRushRequest,
  type RushRequest,
  rushRequest,
} from "../http/rush-request.js";
import type { Services } from "../services.js";
import * as bodies from "./api-bodies.js";
import { CheckedBody } from "./checked-body.pipe.js";
import { InjectServices } from "./services-token.js";

@Controller("api/rush")
export class RushController {
  constructor(@InjectServices() private readonly services: Services) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({
    summary:
      "Let many buyers run at one seat or at the whole hall; takes back first what earlier rushes have bought there",
  })
  @ApiBody({ schema: bodies.rush })
  @ApiResponse({ status: 200, schema: bodies.rushed })
  @ApiResponse({ status: 423, description: "Another rush at this show is under way" })
  @Locked("rush:{body.showId}", { waitMs: 0 })
  rush(
    @Body(new CheckedBody(rushRequest)) request: RushRequest,
    @Req() req: IncomingMessage,
    @Res() res: ServerResponse,
  ) {
    return runRush(this.services.rush, request, req, res);
  }

  @Delete()
  @HttpCode(204)
  @ApiOperation({ summary: "Take back what rushes have bought: every booking with rush: true" })
  @ApiBody({ schema: bodies.clearRush })
  @ApiResponse({ status: 204 })
  @Locked("rush:{body.showId}", { waitMs: 0 })
  clear(@Body(new CheckedBody(clearRushRequest)) { showId }: ClearRushRequest) {
    return this.services.rush.clear(showId);
  }

  @All()
  @ApiExcludeEndpoint()
  otherMethods() {
    throw methodNotAllowed("POST", "DELETE");
  }
}
