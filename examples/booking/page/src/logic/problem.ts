/** A refusal, as the server words it. Status 0: there was no answer at all. */
export interface Problem {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly retryAfterS: number | undefined;
}

export const NO_ANSWER: Problem = {
  status: 0,
  code: "NO_ANSWER",
  detail: "The box office did not answer.",
  retryAfterS: undefined,
};
