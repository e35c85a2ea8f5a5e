import { manualClock } from "@redlock-kit/core/testing";
import { describe, expect, test } from "vitest";
import { Agenda, AgendaItem } from "../../packages/core/src/agenda.js";

/** An item that notes when it was run. */
class Item extends AgendaItem {
  readonly #leewayMs: number;
  readonly #run: () => void;

  constructor(run: () => void, leewayMs = 0) {
    super();
    this.#run = run;
    this.#leewayMs = leewayMs;
  }

  override get leewayMs(): number {
    return this.#leewayMs;
  }

  override run(): void {
    this.#run();
  }
}

/** An agenda that runs three items in one go, and what it ran between two turns of its timer. */
function agendaOfThree() {
  const manual = manualClock();
  const turns: string[][] = [];
  const clock = Object.create(manual) as typeof manual;
  clock.setTimer = (callback, delayMs) =>
    manual.setTimer(() => {
      turns.push([]);
      callback();
    }, delayMs);
  const agenda = new Agenda(clock, true, Infinity, undefined, 3);
  const item = (name: string, leewayMs?: number) => new Item(() => void turns.at(-1)?.push(name), leewayMs);
  return { clock: manual, agenda, item, turns };
}

describe("an agenda that runs its items in portions", () => {
  test("runs what is due at once in several goes, in the order of the due times", async () => {
    const { clock, agenda, item, turns } = agendaOfThree();
    for (const i of [4, 2, 6, 1, 7, 3, 5]) agenda.put(item(String(i)), 100 + i / 100);
    await clock.advance(101);
    expect(turns).toEqual([["1", "2", "3"], ["4", "5", "6"], ["7"]]);
  });

  test("runs what may be early with what is due, and wakes for nothing that is only early", async () => {
    const { clock, agenda, item, turns } = agendaOfThree();
    agenda.put(item("due"), 100);
    agenda.put(item("early", 50), 140);
    agenda.put(item("too early", 50), 180);
    await clock.advance(139);
    expect(turns).toEqual([["due", "early"]]);
    await clock.advance(100);
    expect(turns).toEqual([["due", "early"], ["too early"]]);
  });

  test("gives what is due its turn before what may be early", async () => {
    const { clock, agenda, item, turns } = agendaOfThree();
    for (const i of [1, 2, 3, 4]) agenda.put(item(`early ${i}`, 50), 110 + i);
    for (const i of [1, 2]) agenda.put(item(`due ${i}`), 100 + i / 100);
    await clock.advance(102);
    expect(turns).toEqual([["due 1", "due 2", "early 1"]]);
  });

  test("runs an item that puts itself on again for now in a later turn", async () => {
    const { clock, agenda, turns } = agendaOfThree();
    let runs = 0;
    const again: Item = new Item(() => {
      turns.at(-1)?.push("again");
      runs++;
      if (runs < 3) agenda.put(again, clock.monotonic());
    });
    agenda.put(again, 100);
    await clock.advance(200);
    expect(turns).toEqual([["again"], ["again"], ["again"]]);
  });

  test("goes on after an item that throws", async () => {
    const { clock, agenda, item, turns } = agendaOfThree();
    agenda.put(
      new Item(() => {
        throw new Error("of the item");
      }),
      100,
    );
    agenda.put(item("next"), 101);
    await expect(clock.advance(200)).rejects.toThrow("of the item");
    await clock.advance(200);
    expect(turns.flat()).toEqual(["next"]);
  });
});

test("an agenda tells when an item is due, before and after it was put into its order", async () => {
  const { clock, agenda, item } = agendaOfThree();
  const [first, second] = [item("first"), item("second")];
  agenda.put(first, 100);
  agenda.put(second, 300);
  expect([agenda.dueOf(first), agenda.dueOf(second), agenda.dueOf(item("other"))]).toEqual([
    100,
    300,
    Infinity,
  ]);
  await clock.advance(150);
  agenda.put(second, 400);
  expect([agenda.dueOf(first), agenda.dueOf(second)]).toEqual([Infinity, 400]);
});
