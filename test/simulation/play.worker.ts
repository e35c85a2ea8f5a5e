import { digestOf, play } from "./play.js";

/** Which seeds are to be played. */
export interface Order {
  readonly from: number;
  readonly count: number;
  /** Whether what happens is to be told. */
  readonly tells: boolean;
}

/** What came of it. */
export interface Report {
  readonly played: number;
  /** The first seed with which something was wrong. Nothing was played after it. */
  readonly failed: { readonly seed: number; readonly broken: string } | undefined;
  /** Of the last that was played, what happened and its digest, if that was asked for. */
  readonly notes: readonly string[];
  readonly digest: string | undefined;
}

process.once("disconnect", () => process.exit(1));
process.on("message", (order: Order) => void carryOut(order).then((report) => process.send?.(report)));

async function carryOut({ from, count, tells }: Order): Promise<Report> {
  let notes: readonly string[] = [];
  let digest: string | undefined;
  for (let played = 1; played <= count; played++) {
    const seed = from + played - 1;
    const outcome = await play(seed, tells);
    if (tells) {
      notes = outcome.notes;
      digest = digestOf(outcome);
    }
    const { broken } = outcome;
    if (broken !== undefined) return { played, failed: { seed, broken }, notes, digest };
    // A play takes no turn of the event loop, so that nothing else would be heard.
    await new Promise(setImmediate);
  }
  return { played: count, failed: undefined, notes, digest };
}
