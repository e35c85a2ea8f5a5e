import { All, Controller, Get } from "@nestjs/common";
import type { LockManager } from "@redlock-kit/core";
import { InjectLockManager } from "@redlock-kit/nestjs";
import { healthOf } from "../http/health.js";
import { methodNotAllowed } from "../http/problem.js";

@Controller("api/health")
export class HealthController {
  constructor(@InjectLockManager() private readonly locks: LockManager) {}

  @Get()
  health() {
    return healthOf(this.locks.stats());
  }

  @All()
  otherMethods() {
    throw methodNotAllowed("GET");
  }
}
