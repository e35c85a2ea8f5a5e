import { useEffect, useState } from "preact/hooks";
import { countdown } from "../logic/countdown.js";
import type { Hold } from "../logic/hold-storage.js";
import { useNow } from "../state/use-now.js";
import { focusOn, payElementId } from "./seat-focus.js";

interface Props {
  readonly hold: Hold;
  readonly takesFocus: boolean;
  readonly onPay: (hold: Hold) => Promise<void>;
  readonly onCancel: (hold: Hold) => Promise<void>;
  readonly onEnd: (hold: Hold) => void;
}

/** From here on the countdown is shown to be short. */
const SHORT_MS = 20_000;

/** A seat that is held for the visitor, until it is paid for. */
export function HoldCard({ hold, takesFocus, onPay, onCancel, onEnd }: Props) {
  const remainingMs = hold.endsAt - useNow(250);
  const isOver = remainingMs <= 0;
  const [asking, setAsking] = useState<"pay" | "cancel">();

  useEffect(() => {
    if (takesFocus) focusOn(payElementId(hold.seatId));
  }, [takesFocus, hold.seatId]);

  useEffect(() => {
    // A payment that is under way has its own end.
    if (isOver && asking === undefined) onEnd(hold);
  }, [isOver, asking, hold, onEnd]);

  const ask = async (what: "pay" | "cancel", action: (hold: Hold) => Promise<void>): Promise<void> => {
    if (asking !== undefined) return;
    setAsking(what);
    await action(hold);
    setAsking(undefined);
  };

  return (
    <div class="hold-card" role="group" aria-label={`Seat ${hold.seatId}`} data-card={hold.seatId}>
      <p class="hold-seat">{hold.seatId}</p>
      <p class="hold-time">
        held for you
        <span role="timer" aria-live="off" data-short={remainingMs < SHORT_MS}>
          {countdown(remainingMs)}
        </span>
      </p>
      <p class="hold-token">Fencing token {hold.fencingToken}</p>
      <div class="hold-actions">
        <button
          type="button"
          id={payElementId(hold.seatId)}
          class="button primary"
          aria-disabled={asking !== undefined}
          aria-busy={asking === "pay"}
          onClick={() => void ask("pay", onPay)}
        >
          Pay
        </button>
        <button
          type="button"
          class="button"
          aria-disabled={asking !== undefined}
          aria-busy={asking === "cancel"}
          onClick={() => void ask("cancel", onCancel)}
        >
          Cancel
        </button>
      </div>
    </div>
  );
}
