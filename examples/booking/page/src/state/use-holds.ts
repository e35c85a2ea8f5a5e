import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { cancelHold, holdSeat, payFor } from "../api/box-office.js";
import { localEndOf } from "../logic/countdown.js";
import { type Hold, readHolds, writeHolds } from "../logic/hold-storage.js";
import { endsHold, problemInWords } from "../logic/in-words.js";
import type { Say } from "./use-message.js";

export interface MyHolds {
  /** Those of this show, in the order in which they were made. */
  readonly holds: readonly Hold[];
  /** Seats of this show that were paid for on this page. */
  readonly bought: ReadonlySet<string>;
  /** Whether the seat was held just now, and not before a reload. */
  readonly newest: string | undefined;
  readonly hold: (seatId: string) => Promise<void>;
  readonly pay: (hold: Hold) => Promise<void>;
  readonly cancel: (hold: Hold) => Promise<void>;
  /** Its time is over. */
  readonly end: (hold: Hold) => void;
}

/** What this visitor holds of a show. `onGone` is told which seat has left the list, so that the focus can go there. */
export function useHolds(
  showId: string,
  customer: string,
  say: Say,
  onGone: (seatId: string) => void,
): MyHolds {
  const [all, setAll] = useState(() => readHolds(sessionStorage, Date.now()));
  const [bought, setBought] = useState<ReadonlySet<string>>(new Set());
  const [newest, setNewest] = useState<string>();
  const asking = useRef(new Set<string>());
  useEffect(() => writeHolds(sessionStorage, all), [all]);

  const remove = useCallback(
    ({ holdToken, seatId }: Hold) => {
      setAll((holds) => holds.filter((hold) => hold.holdToken !== holdToken));
      onGone(seatId);
    },
    [onGone],
  );

  const hold = async (seatId: string): Promise<void> => {
    // Double clicks ask once.
    if (asking.current.has(seatId)) return;
    asking.current.add(seatId);
    const answer = await holdSeat({ showId, seatId }, customer);
    asking.current.delete(seatId);
    if (!answer.ok) return say(problemInWords(answer.problem, "hold", seatId), true);
    const { expiresAt, holdToken, fencingToken } = answer.value;
    const endsAt = localEndOf(expiresAt, answer.date, Date.now());
    setAll((holds) => [...holds, { showId, seatId, holdToken, fencingToken, endsAt }]);
    setNewest(seatId);
    say(`${seatId} is held for you.`);
  };

  const pay = async (held: Hold): Promise<void> => {
    const { seatId } = held;
    const answer = await payFor(held, customer);
    if (answer.ok) {
      setBought((seats) => new Set(seats).add(seatId));
      say(`${seatId} is yours, ${customer}. Enjoy the show!`);
      return remove(held);
    }
    say(problemInWords(answer.problem, "pay", seatId), true);
    if (endsHold(answer.problem)) remove(held);
  };

  const cancel = async (held: Hold): Promise<void> => {
    const answer = await cancelHold(held);
    if (answer.ok) say(`${held.seatId} is free again.`);
    else say(problemInWords(answer.problem, "cancel", held.seatId), true);
    if (answer.ok || endsHold(answer.problem)) remove(held);
  };

  const end = useCallback(
    (held: Hold) => {
      say(`Your time for ${held.seatId} is over. It is free again.`, true);
      remove(held);
    },
    [say, remove],
  );

  const holds = all.filter((held) => held.showId === showId);
  return { holds, bought, newest, hold, pay, cancel, end };
}
