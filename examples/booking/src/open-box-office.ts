import { MemorySeatStore } from "./adapters/memory-seat-store.js";
import { SimulatedPayments } from "./adapters/simulated-payments.js";
import { BoxOffice } from "./domain/box-office.js";
import { ShowCatalogue } from "./domain/show-catalogue.js";
import type { Settings } from "./settings.js";

/** The box office with what it needs in this application. */
export function openBoxOffice({ paymentMs, paymentFailureRate }: Settings): BoxOffice {
  const catalogue = new ShowCatalogue([
    { id: "hamlet", title: "Hamlet", startsAt: "2030-05-04T19:30:00.000Z", seatCount: 120 },
    { id: "godot", title: "Waiting for Godot", startsAt: "2030-05-05T20:00:00.000Z", seatCount: 48 },
  ]);
  const payments = new SimulatedPayments({ delayMs: paymentMs, failureRate: paymentFailureRate });
  return new BoxOffice(catalogue, new MemorySeatStore(), payments);
}
