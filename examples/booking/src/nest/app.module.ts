import {
  type DynamicModule,
  type MiddlewareConsumer,
  Module,
  type NestModule,
  RequestMethod,
} from "@nestjs/common";
import { APP_FILTER } from "@nestjs/core";
import { ScheduleModule } from "@nestjs/schedule";
import { LockModule } from "@redlock-kit/nestjs";
import { jsonBody } from "../http/json-body.js";
import { lockOptions } from "../lock-options.js";
import type { Services } from "../services.js";
import type { Settings } from "../settings.js";
import { BookingsController } from "./bookings.controller.js";
import { HoldsController } from "./holds.controller.js";
import { HoldsService } from "./holds.service.js";
import { LiveController } from "./live.controller.js";
import { ProblemFilter } from "./problem.filter.js";
import { RushController } from "./rush.controller.js";
import { SERVICES } from "./services-token.js";
import { ShowsController } from "./shows.controller.js";

const seat = "api/shows/:showId/seats/:seatId";

@Module({
  controllers: [ShowsController, BookingsController, HoldsController, RushController, LiveController],
  providers: [HoldsService, { provide: APP_FILTER, useClass: ProblemFilter }],
})
export class AppModule implements NestModule {
  static with(settings: Settings, services: Services): DynamicModule {
    return {
      module: AppModule,
      imports: [LockModule.forRoot(lockOptions(settings)), ScheduleModule.forRoot()],
      providers: [{ provide: SERVICES, useValue: services }],
    };
  }

  configure(consumer: MiddlewareConsumer): void {
    consumer
      .apply(jsonBody())
      .forRoutes(
        { path: `${seat}/booking`, method: RequestMethod.POST },
        { path: `${seat}/naive-booking`, method: RequestMethod.POST },
        { path: `${seat}/hold`, method: RequestMethod.POST },
        { path: `${seat}/hold`, method: RequestMethod.DELETE },
        { path: "api/rush", method: RequestMethod.POST },
        { path: "api/rush", method: RequestMethod.DELETE },
      );
  }
}
