import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import type { Acquisition, Refusal, Span } from "./history.js";

/** What a worker notes, one line of JSON each. */
export type Note =
  | { is: "asked"; at: number; id: string; worker: string; keys: readonly string[]; waitMs: number }
  | { is: "granted"; at: number; id: string; token: string; fencingToken: number }
  | { is: "refused"; at: number; id: string; refusal: Refusal }
  | { is: "valid"; at: number; id: string }
  | { is: "over"; at: number; id: string; aborted: boolean }
  | { is: "written"; at: number; id: string; key: string; accepted: boolean }
  | { is: "releasing"; at: number; id: string }
  | { is: "released"; at: number; id: string; released: boolean }
  | { is: "release failed"; at: number; id: string; error: string }
  | { is: "stalled"; at: number; from: number };

/** Milliseconds of the clock that all processes of this machine share. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** Notes that are in the file before the next line of code runs, so that SIGKILL loses none. */
export class Journal {
  readonly #file: number;

  constructor(path: string) {
    this.#file = openSync(path, "a");
  }

  note(note: Note): void {
    writeSync(this.#file, `${JSON.stringify(note)}\n`);
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** What the notes of a file tell. */
export function readJournal(path: string): { acquisitions: Acquisition[]; stalls: Span[] } {
  const lines = readFileSync(path, "utf8").split("\n");
  lines.pop(); // Nothing, or what a worker that was killed had begun to write.
  return tell(lines.map((line) => JSON.parse(line) as Note));
}

function tell(notes: readonly Note[]): { acquisitions: Acquisition[]; stalls: Span[] } {
  const acquisitions = new Map<string, Acquisition>();
  const stalls: Span[] = [];
  for (const note of notes) {
    if (note.is === "stalled") stalls.push({ from: note.from, to: note.at });
    else if (note.is === "asked") {
      const { id, worker, keys, waitMs, at } = note;
      acquisitions.set(id, { id, worker, keys, waitMs, askedAt: at, writes: [] });
    } else {
      const acquisition = acquisitions.get(note.id);
      if (acquisition === undefined) throw new Error(`Nobody has asked for ${note.id}`);
      add(acquisition, note);
    }
  }
  return { acquisitions: [...acquisitions.values()], stalls };
}

function add(acquisition: Acquisition, note: Exclude<Note, { is: "asked" | "stalled" }>): void {
  const { at } = note;
  switch (note.is) {
    case "granted":
      acquisition.settledAt = at;
      acquisition.lease = { token: note.token, fencingToken: note.fencingToken };
      break;
    case "refused":
      acquisition.settledAt = at;
      acquisition.refusal = note.refusal;
      break;
    case "valid":
      acquisition.validAt = at;
      break;
    case "over":
      acquisition.over = { at, aborted: note.aborted };
      break;
    case "written":
      acquisition.writes.push({ key: note.key, sentAt: at, accepted: note.accepted });
      break;
    case "releasing":
      acquisition.releasingAt = at;
      break;
    case "released":
      acquisition.release = { at, released: note.released };
      break;
    case "release failed":
      acquisition.release = { at, error: note.error };
      break;
  }
}
