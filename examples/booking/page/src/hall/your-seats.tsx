import type { MyHolds } from "../state/use-holds.js";
import type { Message } from "../state/use-message.js";
import { HoldCard } from "./hold-card.js";

interface Props {
  readonly mine: MyHolds;
  readonly message: Message | undefined;
}

export function YourSeats({ mine, message }: Props) {
  return (
    <section class="your-seats" data-holding={mine.holds.length > 0} aria-labelledby="your-seats-title">
      <h2 id="your-seats-title">Your seats</h2>
      <p class="message" role="status" aria-live="polite" data-alarming={message?.isAlarming}>
        {message?.text}
      </p>
      {mine.holds.length === 0 && !message && (
        <p class="hint">Choose a free seat: it is held for you while you pay.</p>
      )}
      {mine.holds.map((hold) => (
        <HoldCard
          key={hold.holdToken}
          hold={hold}
          takesFocus={hold.seatId === mine.newest}
          onPay={mine.pay}
          onCancel={mine.cancel}
          onEnd={mine.end}
        />
      ))}
    </section>
  );
}
