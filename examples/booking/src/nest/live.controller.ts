import type { IncomingMessage, ServerResponse } from "node:http";
import { All, Controller, Get, Req, Res } from "@nestjs/common";
import { ApiExcludeEndpoint, ApiOperation, ApiResponse } from "@nestjs/swagger";
import type { LockManager } from "@redlock-kit/core";
import { InjectLockManager } from "@redlock-kit/nestjs";
import { healthOf } from "../http/health.js";
import { methodNotAllowed } from "../http/problem.js";
import { seatEvents } from "../http/seat-events.js";
import type { Services } from "../services.js";
import { InjectServices } from "./services-token.js";

/** How everything stands, now and from now on. */
@Controller("api")
export class LiveController {
  readonly #answerEvents: ReturnType<typeof seatEvents>;

  constructor(
    @InjectServices() private readonly services: Services,
    @InjectLockManager() private readonly locks: LockManager,
  ) {
    this.#answerEvents = seatEvents(services.feed);
  }

  @Get("health")
  @ApiOperation({ summary: "How the lock's nodes and the database stand" })
  @ApiResponse({ status: 200 })
  @ApiResponse({ status: 503, description: "UNHEALTHY" })
  async health() {
    return healthOf(this.locks.stats(), await this.services.isDatabaseUp(), "nest");
  }

  // Not Nest's @Sse: the stream is the same behind both doors.
  @Get("events")
  @ApiOperation({ summary: "What happens to seats, as server-sent events" })
  @ApiResponse({ status: 503, description: "ENDING" })
  events(@Req() req: IncomingMessage, @Res() res: ServerResponse): Promise<void> {
    return this.#answerEvents(req, res);
  }

  @All(["health", "events"])
  @ApiExcludeEndpoint()
  otherMethods() {
    throw methodNotAllowed("GET");
  }
}
