import { manualClock } from "@redlock-kit/core/testing";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Agenda, AgendaItem } from "../../packages/core/src/agenda.js";

class Item extends AgendaItem {
  readonly #name: number;
  readonly #ran: number[];

  constructor(name: number, ran: number[]) {
    super();
    this.#name = name;
    this.#ran = ran;
  }

  override run(): void {
    this.#ran.push(this.#name);
  }
}

const ITEMS = 8;
const item = fc.nat({ max: ITEMS - 1 });
const step = fc.oneof(
  fc.record({ kind: fc.constant("put" as const), item, inMs: fc.integer({ min: 0, max: 300 }) }),
  fc.record({ kind: fc.constant("remove" as const), item }),
  fc.record({ kind: fc.constant("pass" as const), ms: fc.integer({ min: 1, max: 120 }) }),
);

/** Due times are multiples of this, since what is due within a millisecond runs together. */
const GRID = 10;

describe("an agenda", () => {
  test("runs what a plain list would run, in the order of the due times, with one timer at most", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const clock = manualClock();
        const ran: number[] = [];
        const agenda = new Agenda(clock, true);
        const items = Array.from({ length: ITEMS }, (_, name) => new Item(name, ran));
        const model = new Map<number, number>();
        for (const one of steps) {
          if (one.kind === "put") {
            const due = clock.monotonic() + one.inMs * GRID;
            model.set(one.item, due);
            agenda.put(items[one.item] as Item, due);
          } else if (one.kind === "remove") {
            model.delete(one.item);
            agenda.remove(items[one.item] as Item);
          } else {
            const end = clock.monotonic() + one.ms * GRID;
            const expected = [...model].filter(([, due]) => due <= end).sort((a, b) => a[1] - b[1]);
            ran.length = 0;
            await clock.advance(one.ms * GRID);
            expect(ran.map((name) => model.get(name))).toEqual(expected.map(([, due]) => due));
            expect(new Set(ran)).toEqual(new Set(expected.map(([name]) => name)));
            for (const name of ran) model.delete(name);
          }
          expect(clock.timers).toBeLessThanOrEqual(1);
          expect(items.filter(({ place }) => place !== -1).length).toBe(model.size);
        }
      }),
    );
  });

  test("runs an item that puts itself on again, again", async () => {
    const clock = manualClock();
    const agenda = new Agenda(clock, true);
    const times: number[] = [];
    class Repeated extends AgendaItem {
      override run(): void {
        times.push(clock.monotonic());
        if (times.length < 3) agenda.put(this, clock.monotonic() + 100);
      }
    }
    agenda.put(new Repeated(), 100);
    await clock.advance(1_000);
    expect(times).toEqual([100, 200, 300]);
  });

  test("runs nothing after it was cleared, and can be used again", async () => {
    const clock = manualClock();
    const ran: number[] = [];
    const agenda = new Agenda(clock, true);
    const [first, second] = [new Item(1, ran), new Item(2, ran)];
    agenda.put(first, 100);
    agenda.put(second, 200);
    agenda.clear();
    expect(clock.timers).toBe(0);
    await clock.advance(1_000);
    agenda.put(first, 1_100);
    await clock.advance(1_000);
    expect(ran).toEqual([1]);
  });

  test("wakes at least as often as it was told to while something stands on it", async () => {
    const clock = manualClock();
    let wakes = 0;
    const agenda = new Agenda(clock, false, 1_000, () => void wakes++);
    const ran: number[] = [];
    agenda.put(new Item(1, ran), 5_500);
    await clock.advance(10_000);
    expect(ran).toEqual([1]);
    expect(wakes).toBe(6);
  });
});

describe("the timer of an agenda", () => {
  function agendaWithTimer(keepsAlive: boolean) {
    const holds: boolean[] = [];
    const clock = manualClock();
    const agenda = new Agenda(
      {
        ...clock,
        setTimer: (callback, delayMs) => {
          holds.push(true);
          const mine = holds.length - 1;
          const timer = clock.setTimer(callback, delayMs);
          return {
            ref: () => void (holds[mine] = true),
            unref: () => void (holds[mine] = false),
            cancel: () => timer.cancel(),
          };
        },
      },
      keepsAlive,
    );
    return { agenda, holds };
  }

  test("keeps the process alive exactly while something is waited for", () => {
    const { agenda, holds } = agendaWithTimer(true);
    const first = new Item(1, []);
    agenda.put(first, 1_000);
    expect(holds.at(-1)).toBe(true);
    agenda.remove(first);
    expect(holds.at(-1)).toBe(false);
    agenda.put(first, 1_500);
    expect(holds.at(-1)).toBe(true);
  });

  test("never keeps the process alive where that is not wanted", () => {
    const { agenda, holds } = agendaWithTimer(false);
    agenda.put(new Item(1, []), 1_000);
    expect(holds).toEqual([false]);
  });

  test("is one for any number of locks that are put and taken off again", () => {
    const { agenda, holds } = agendaWithTimer(true);
    for (let i = 0; i < 1_000; i++) {
      const short = new Item(i, []);
      agenda.put(short, 1_000);
      agenda.remove(short);
    }
    expect(holds.length).toBe(1);
  });
});
