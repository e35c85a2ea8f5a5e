import { OutcomeUnknown } from "../domain/sale.js";
import { BookingError, type BookingErrorCode } from "../domain/booking-error.js";
import { StoreUnavailable } from "../domain/store-unavailable.js";

/** What the client is told beside status, code and detail. */
export interface ProblemExtras {
  readonly headers?: Readonly<Record<string, string>>;
  /** Further members of the body. */
  readonly members?: object;
}

/** An error answer: problem details as in RFC 9457, with `code`. The message is for the client. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly extras: ProblemExtras;

  constructor(status: number, code: string, detail: string, extras: ProblemExtras = {}) {
    super(detail);
    this.status = status;
    this.code = code;
    this.extras = extras;
  }

  /** How the client is told of an error; lock errors are answered by the kit. */
  static of(error: unknown): Problem {
    if (error instanceof Problem) return error;
    if (error instanceof BookingError) {
      const headers = retryAfter(error.retryAfterMs);
      return new Problem(statuses[error.code], error.code, error.message, { headers });
    }
    if (error instanceof OutcomeUnknown) return new Problem(503, "OUTCOME_UNKNOWN", error.message);
    if (error instanceof StoreUnavailable) {
      const detail = "The database can't be asked at the moment.";
      return new Problem(503, "DATABASE_UNAVAILABLE", detail, { headers: retryAfter(1_000) });
    }
    return new Problem(500, "INTERNAL_ERROR", "Something went wrong on the server.");
  }
}

const statuses: Record<BookingErrorCode, number> = {
  NOT_FOUND: 404,
  SEAT_SOLD: 409,
  SEAT_HELD: 423,
  NOT_YOUR_HOLD: 409,
  PAYMENT_FAILED: 402,
  OVERTAKEN: 409,
};

/** In whole seconds, at least one. */
function retryAfter(ms: number | undefined): Record<string, string> {
  return ms === undefined ? {} : { "retry-after": String(Math.max(1, Math.ceil(ms / 1_000))) };
}

export function badRequest(detail: string): Problem {
  return new Problem(400, "BAD_REQUEST", detail);
}

export function notFound(): Problem {
  return new Problem(404, "NOT_FOUND", "There is nothing at this address.");
}

export type Method = "GET" | "POST" | "DELETE";

/** For an address that knows other methods. Neither framework tells them apart from unknown addresses by itself. */
export function methodNotAllowed(...allowed: readonly Method[]): Problem {
  // HEAD is answered like GET, without the body.
  const allow = allowed.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : method)).join(", ");
  return new Problem(405, "METHOD_NOT_ALLOWED", `Only ${allow} can be used here.`, { headers: { allow } });
}
