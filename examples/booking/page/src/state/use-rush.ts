import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { clearRushes, runRush } from "../api/run-rush.js";
import type { RushResult } from "../logic/rush-answer.js";
import type { RushOrder } from "../logic/rush-order.js";
import { RushTally } from "../logic/rush-tally.js";
import { onNextFrame } from "./next-frame.js";

/** A rush that is under way or over. A new object for every drawing; its tally grows. */
export interface Rush {
  readonly order: RushOrder;
  readonly tally: RushTally;
  readonly isRunning: boolean;
  readonly result?: RushResult;
  /** Why it has ended early. */
  readonly problem?: string;
}

export interface Rushes {
  /** The last one; none was started yet: `undefined`. */
  readonly rush: Rush | undefined;
  /** The last one without the lock and the last one with it, once they have ended. */
  readonly ended: readonly Rush[];
  readonly start: (order: RushOrder) => Promise<void>;
  /** Takes back what rushes have bought of the show; tells why that could not be done. */
  readonly clear: (showId: string) => Promise<string | undefined>;
}

export function useRushes(): Rushes {
  const [rush, setRush] = useState<Rush>();
  const [ended, setEnded] = useState<readonly Rush[]>([]);
  const current = useRef<Rush | undefined>(undefined);
  const drawing = useMemo(() => onNextFrame(() => setRush(current.current && { ...current.current })), []);
  useEffect(() => () => drawing.cancel(), [drawing]);

  const start = async (order: RushOrder): Promise<void> => {
    const tally = new RushTally();
    current.current = { order, tally, isRunning: true };
    setRush(current.current);
    const end = await runRush(order, (answer) => {
      tally.add(answer);
      drawing.request();
    });
    drawing.cancel();
    const over: Rush =
      "result" in end
        ? { order, tally, isRunning: false, result: end.result }
        : { order, tally, isRunning: false, problem: end.problem.detail };
    current.current = over;
    setRush(over);
    if (over.result) {
      setEnded((before) =>
        [...before.filter((other) => other.order.lock !== order.lock), over].toSorted(
          (a, b) => Number(a.order.lock) - Number(b.order.lock),
        ),
      );
    }
  };
  const clear = async (showId: string): Promise<string | undefined> => {
    const answer = await clearRushes(showId);
    if (!answer.ok) return answer.problem.detail;
    current.current = undefined;
    setRush(undefined);
    return undefined;
  };
  return { rush, ended, start, clear };
}
