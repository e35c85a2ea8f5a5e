import type { ComponentChildren } from "preact";
import type { Show } from "../api/box-office.js";

interface Props {
  readonly show: Show;
  readonly freeCount: number;
  readonly children: ComponentChildren;
}

const date = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "short" });

export function ShowHeading({ show, freeCount, children }: Props) {
  return (
    <header class="show-heading">
      <h1 id="show-title">{show.title}</h1>
      <p>
        <time dateTime={show.startsAt}>{date.format(new Date(show.startsAt))}</time>
        <span>
          {freeCount} of {show.seatCount} seats free
        </span>
        {children}
      </p>
    </header>
  );
}
