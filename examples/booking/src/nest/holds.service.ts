import { Injectable } from "@nestjs/common";
import { Interval } from "@nestjs/schedule";
import type { LockManager } from "@redlock-kit/core";
import { InjectLockManager, Locked } from "@redlock-kit/nestjs";
import type { HoldReceipt } from "../domain/hold.js";
import type { SeatRef } from "../domain/show.js";
import { EXPIRY_EVERY_MS, expireHolds, Sweeps } from "../expire-holds.js";
import { seatLock } from "../seat-lock.js";
import type { Services } from "../services.js";
import { InjectServices } from "./services-token.js";

/** Holds of seats. The lock is for each step; what lasts from one request to the next is in the database. */
@Injectable()
export class HoldsService {
  readonly #sweeps = new Sweeps();

  constructor(
    @InjectServices() private readonly services: Services,
    @InjectLockManager() private readonly locks: LockManager,
  ) {}

  @Locked((seat: SeatRef) => seatLock(seat), { waitMs: 2_000 })
  hold(seat: SeatRef, customer: string): Promise<HoldReceipt> {
    return this.services.boxOffice.hold(seat, customer, this.locks.assertLocked(seatLock(seat)));
  }

  @Locked((seat: SeatRef) => seatLock(seat), { waitMs: 2_000 })
  drop(seat: SeatRef, holdToken: string): Promise<void> {
    return this.services.boxOffice.dropHold(seat, holdToken, this.locks.assertLocked(seatLock(seat)));
  }

  @Interval(EXPIRY_EVERY_MS)
  sweep(): Promise<void> {
    return this.#sweeps.run(() => this.expire());
  }

  /** In one of all processes at a time. */
  @Locked("expired-holds", { waitMs: 0, whenHeld: "skip" })
  expire(): Promise<number | undefined> {
    return expireHolds(this.services.boxOffice, this.locks);
  }
}
