import type { Kind } from "../logic/rush-tally.js";

export interface KindLook {
  readonly kind: Kind;
  readonly text: string;
  /** The custom property that holds its colour. */
  readonly colour: `--${string}`;
}

/** How each kind of answer is worded and coloured, in the list and from bottom to top of the plot. */
export const kinds: readonly KindLook[] = [
  { kind: "sold", text: "sold", colour: "--kind-sold" },
  { kind: "double", text: "sold again", colour: "--kind-double" },
  { kind: "taken", text: "too late (409)", colour: "--kind-taken" },
  { kind: "busy", text: "busy (423)", colour: "--kind-busy" },
  { kind: "failed", text: "payment declined (402)", colour: "--kind-failed" },
  { kind: "unavailable", text: "no lock to be had (503)", colour: "--kind-unavailable" },
];
