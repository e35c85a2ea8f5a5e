import {
  Body,
  type CallHandler,
  type CanActivate,
  Controller,
  type ExecutionContext,
  HttpCode,
  type NestInterceptor,
  Param,
  type PipeTransform,
  Post,
  SetMetadata,
  UseGuards,
  UseInterceptors,
  UsePipes,
  ValidationPipe,
} from "@nestjs/common";
import { Reflector } from "@nestjs/core";
import { type Lease, type LockManager, memoryNode } from "@redlock-kit/core";
import { CurrentLease, InjectLockManager, Locked, LockModule } from "@redlock-kit/nestjs";
import { IsInt } from "class-validator";
import { map, type Observable, tap } from "rxjs";
import { describe, expect, test } from "vitest";
import { platforms, startApp } from "./start-app.js";

let events: string[] = [];
let locks: LockManager;

function note(what: string): void {
  events.push(`${what}${locks.stats().held > 0 ? " under the lock" : ""}`);
}

class Guard implements CanActivate {
  canActivate(context: ExecutionContext) {
    note(`guard of ${context.getClass().name}.${context.getHandler().name}`);
    note(`role ${new Reflector().get<string>("role", context.getHandler())}`);
    return true;
  }
}

class Around implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    note("interceptor");
    return next.handle().pipe(
      tap(() => note("interceptor again")),
      map((value: object) => ({ ...value, wrapped: true })),
    );
  }
}

class Pipe implements PipeTransform<string, string> {
  transform(value: string) {
    note("pipe");
    return value.toUpperCase();
  }
}

class Booking {
  @IsInt()
  seats!: number;
}

const Role = (role: string) => SetMetadata("role", role);

@Controller("shows")
class Shows {
  constructor(@InjectLockManager() readonly manager: LockManager) {}

  @Post(":id/above")
  @HttpCode(202)
  @Role("seller")
  @UseGuards(Guard)
  @UseInterceptors(Around)
  @UsePipes(new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true }))
  @Locked("show:{0}")
  above(@Param("id", Pipe) id: string, @Body() booking: Booking, @CurrentLease() lease: Lease) {
    note("handler");
    return { id, seats: booking.seats, key: lease.key };
  }

  @Locked("show:{0}")
  @UsePipes(new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true }))
  @UseInterceptors(Around)
  @UseGuards(Guard)
  @Role("seller")
  @HttpCode(202)
  @Post(":id/below")
  below(@Param("id", Pipe) id: string, @Body() booking: Booking, @CurrentLease() lease: Lease) {
    note("handler");
    return { id, seats: booking.seats, key: lease.key };
  }
}

describe.each(Object.entries(platforms))("on %s", (_name, platform) => {
  test.each(["above", "below"])(
    "guards, interceptors, pipes and validation that stand %s @Locked run before the lock is taken, and see no lease",
    async (place) => {
      const app = await startApp(
        { controllers: [Shows], imports: [LockModule.forRoot({ nodes: [memoryNode()] })] },
        platform,
      );
      locks = app.locks;
      const post = (seats: unknown) =>
        fetch(`${app.url}/shows/a/${place}`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ seats }),
        });
      const before = [`guard of Shows.${place}`, "role seller", "interceptor", "pipe"];

      events = [];
      const answer = await post(2);
      expect(answer.status).toBe(202);
      expect(await answer.json()).toEqual({ id: "A", seats: 2, key: "show:A", wrapped: true });
      expect(events).toEqual([...before, "handler under the lock", "interceptor again"]);

      events = [];
      await locks.acquire("show:A");
      const refused = await post("many");
      expect(refused.status).toBe(400);
      expect(await refused.json()).toMatchObject({ message: [expect.stringContaining("seats")] });
      expect(locks.stats().contended).toBe(0);
    },
  );
});
