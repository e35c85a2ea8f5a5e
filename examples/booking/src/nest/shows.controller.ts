import { All, Controller, Get, Inject, Param } from "@nestjs/common";
import { BoxOffice } from "../domain/box-office.js";
import { methodNotAllowed } from "../http/problem.js";

@Controller("api/shows")
export class ShowsController {
  constructor(@Inject(BoxOffice) private readonly boxOffice: BoxOffice) {}

  @Get()
  shows() {
    return { shows: this.boxOffice.shows() };
  }

  @Get(":showId/seats")
  async seats(@Param("showId") showId: string) {
    return { seats: await this.boxOffice.seats(showId) };
  }

  @All(["", ":showId/seats"])
  otherMethods() {
    throw methodNotAllowed("GET");
  }
}
