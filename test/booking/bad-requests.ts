import { bookingPath, jsonPost } from "./requests.js";

export interface BadRequest {
  readonly what: string;
  readonly path: string;
  readonly init?: RequestInit;
  readonly status: number;
  readonly code: string;
}

const A1 = bookingPath("A1");

function text(type: string): RequestInit {
  return { method: "POST", headers: { "content-type": type }, body: JSON.stringify({ customer: "Ada" }) };
}

/** A body of so many bytes that names a customer. */
export function bodyOf(bytes: number): string {
  return JSON.stringify({ customer: "Ada" }).padEnd(bytes);
}

/** Requests that are refused for what they are, whatever the state of the seats and the locks. */
export const badRequests: readonly BadRequest[] = [
  ...["/", "/api", "/api/nothing", "/api/shows/hamlet", `${A1}/more`].map((path) => ({
    what: `an unknown address: ${path}`,
    path,
    status: 404,
    code: "NOT_FOUND",
  })),
  { what: "seats of an unknown show", path: "/api/shows/x/seats?q=1", status: 404, code: "NOT_FOUND" },
  {
    what: "a seat of an unknown show",
    path: "/api/shows/__proto__/seats/A1/booking",
    init: jsonPost({ customer: "Ada" }),
    status: 404,
    code: "NOT_FOUND",
  },
  {
    what: "an unknown seat",
    path: bookingPath("Z99"),
    init: jsonPost({ customer: "Ada" }),
    status: 404,
    code: "NOT_FOUND",
  },
  {
    what: "a broken percent-encoding",
    path: "/api/shows/%E0%A4%A/seats",
    status: 400,
    code: "BAD_REQUEST",
  },
  ...Object.entries({
    "malformed JSON": '{"customer":',
    "JSON that is no object": '"Ada"',
    nothing: "",
    "a list": [],
    "no customer": {},
    "a customer that is no string": { customer: 7 },
    "an empty customer": { customer: "" },
    "a blank customer": { customer: "  " },
    "a customer of 101 characters": { customer: "x".repeat(101) },
    "a customer with a control character": { customer: "A\u0000" },
    "a customer with half a character": '{"customer":"\\ud800"}',
  }).map(([what, body]) => ({
    what: `${what} in the body`,
    path: A1,
    init: jsonPost(body),
    status: 400,
    code: "BAD_REQUEST",
  })),
  { what: "neither body nor type", path: A1, init: { method: "POST" }, status: 400, code: "BAD_REQUEST" },
  {
    what: "a body above 16 KB",
    path: A1,
    init: jsonPost(bodyOf(16 * 1024 + 1)),
    status: 413,
    code: "BODY_TOO_LARGE",
  },
  ...["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1"].map((type) => ({
    what: `a body of the type ${type}`,
    path: A1,
    init: text(type),
    status: 415,
    code: "UNSUPPORTED_MEDIA_TYPE",
  })),
  ...[
    ["GET", A1],
    ["PUT", A1],
    ["DELETE", A1],
    ["POST", "/api/shows"],
    ["PATCH", "/api/shows/hamlet/seats"],
    ["OPTIONS", "/api/shows/hamlet/seats"],
    ["DELETE", "/api/health"],
  ].map(([method = "", path = ""]) => ({
    what: `${method} of ${path}`,
    path,
    init: { method },
    status: 405,
    code: "METHOD_NOT_ALLOWED",
  })),
];
