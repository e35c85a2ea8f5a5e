import {
  type DynamicModule,
  type MiddlewareConsumer,
  Module,
  type NestModule,
  RequestMethod,
} from "@nestjs/common";
import { APP_FILTER } from "@nestjs/core";
import { LockModule } from "@redlock-kit/nestjs";
import { BoxOffice } from "../domain/box-office.js";
import { jsonBody } from "../http/json-body.js";
import { lockOptions } from "../lock-options.js";
import { openBoxOffice } from "../open-box-office.js";
import type { Settings } from "../settings.js";
import { BookingsController } from "./bookings.controller.js";
import { HealthController } from "./health.controller.js";
import { ProblemFilter } from "./problem.filter.js";
import { ShowsController } from "./shows.controller.js";

@Module({
  controllers: [ShowsController, BookingsController, HealthController],
  providers: [{ provide: APP_FILTER, useClass: ProblemFilter }],
})
export class AppModule implements NestModule {
  static with(settings: Settings): DynamicModule {
    return {
      module: AppModule,
      imports: [LockModule.forRoot(lockOptions(settings))],
      providers: [{ provide: BoxOffice, useValue: openBoxOffice(settings) }],
    };
  }

  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(jsonBody()).forRoutes({
      path: "api/shows/:showId/seats/:seatId/booking",
      method: RequestMethod.POST,
    });
  }
}
