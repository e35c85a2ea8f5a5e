import type { RefObject, TargetedSubmitEvent } from "preact";
import { MAX_BUYERS } from "../logic/rush-order.js";
import type { SeatRow } from "../logic/seat.js";
import { SeatChoice } from "./seat-choice.js";

/** What is in the form. */
export interface RushWish {
  /** As typed. */
  readonly buyers: string;
  readonly target: "seat" | "hall";
  /** None: the page chooses one. */
  readonly seatId: string | undefined;
  readonly lock: boolean;
}

interface Props {
  readonly rows: readonly SeatRow[];
  readonly wish: RushWish;
  readonly isValid: boolean;
  readonly isRunning: boolean;
  readonly onWish: (wish: RushWish) => void;
  readonly onStart: () => void;
  readonly startButton: RefObject<HTMLButtonElement | null>;
}

const TARGETS = [
  { target: "seat", text: "One seat" },
  { target: "hall", text: "Whole hall" },
] as const;

export function RushForm({ rows, wish, isValid, isRunning, onWish, onStart, startButton }: Props) {
  const submit = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    onStart();
  };
  return (
    <form class="rush-form" onSubmit={submit} noValidate>
      <label class="field buyers">
        <span>Buyers</span>
        <input
          type="number"
          inputMode="numeric"
          min={1}
          max={MAX_BUYERS}
          required
          value={wish.buyers}
          aria-invalid={!isValid}
          aria-describedby={isValid ? undefined : "buyers-problem"}
          onInput={({ currentTarget }) => onWish({ ...wish, buyers: currentTarget.value })}
        />
      </label>
      <fieldset class="targets">
        <legend>Target</legend>
        {TARGETS.map(({ target, text }) => (
          <label key={target}>
            <input
              type="radio"
              name="target"
              value={target}
              checked={wish.target === target}
              onChange={() => onWish({ ...wish, target })}
            />
            <span>{text}</span>
          </label>
        ))}
      </fieldset>
      {wish.target === "seat" && (
        <SeatChoice rows={rows} seatId={wish.seatId} onSeat={(seatId) => onWish({ ...wish, seatId })} />
      )}
      {!isValid && (
        <p id="buyers-problem" class="problem" role="alert">
          From 1 to {MAX_BUYERS} buyers, please.
        </p>
      )}
      <div class="go">
        <label class="switch">
          <input
            type="checkbox"
            role="switch"
            checked={wish.lock}
            onChange={({ currentTarget }) => onWish({ ...wish, lock: currentTarget.checked })}
          />
          <span>Use the lock</span>
        </label>
        <button
          ref={startButton}
          type="submit"
          class="button primary start"
          aria-disabled={isRunning || !isValid}
          aria-busy={isRunning}
        >
          Rush
        </button>
      </div>
    </form>
  );
}
