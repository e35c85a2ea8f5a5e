import { All, Controller, Get, Param } from "@nestjs/common";
import { ApiExcludeEndpoint, ApiOperation, ApiResponse } from "@nestjs/swagger";
import { methodNotAllowed } from "../http/problem.js";
import type { Services } from "../services.js";
import { InjectServices } from "./services-token.js";

@Controller("api/shows")
export class ShowsController {
  constructor(@InjectServices() private readonly services: Services) {}

  @Get()
  @ApiOperation({ summary: "The shows on offer" })
  @ApiResponse({ status: 200 })
  async shows() {
    return { shows: await this.services.boxOffice.shows() };
  }

  @Get(":showId/seats")
  @ApiOperation({ summary: "The seats of a show: free, held or sold" })
  @ApiResponse({ status: 200 })
  @ApiResponse({ status: 404, description: "NOT_FOUND" })
  async seats(@Param("showId") showId: string) {
    return { seats: await this.services.boxOffice.seats(showId) };
  }

  @All(["", ":showId/seats"])
  @ApiExcludeEndpoint()
  otherMethods() {
    throw methodNotAllowed("GET");
  }
}
