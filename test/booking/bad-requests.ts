import { bookingPath, holdPath, jsonPost } from "./requests.js";

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
  ...["/nothing", "/api", "/api/nothing", "/api/shows/hamlet", `${A1}/more`].map((path) => ({
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
  ...[
    "/api/shows/%00/seats",
    "/%0a",
    ...["%00", "A1%1F", "A%7f1", "%C2%85"].flatMap((seatId) => [bookingPath(seatId), holdPath(seatId)]),
  ].map((path) => ({
    what: `a control character in the address: ${path}`,
    path,
    init: path.includes("/seats/") ? jsonPost({ customer: "Ada" }) : {},
    status: 400,
    code: "BAD_REQUEST",
  })),
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
  ...Object.entries({
    "a holdToken that is no string": { customer: "Ada", holdToken: 7 },
    "an empty holdToken": { customer: "Ada", holdToken: "" },
    "a rush that is no boolean": { customer: "Ada", rush: "yes" },
  }).map(([what, body]) => ({
    what: `${what} in the body`,
    path: A1,
    init: jsonPost(body),
    status: 400,
    code: "BAD_REQUEST",
  })),
  ...Object.entries({
    "no customer": jsonPost({}),
    "a customer of 101 characters": jsonPost({ customer: "x".repeat(101) }),
    "no holdToken": { ...jsonPost({}), method: "DELETE" },
    "a holdToken of 101 characters": { ...jsonPost({ holdToken: "x".repeat(101) }), method: "DELETE" },
  }).map(([what, init]) => ({
    what: `a hold with ${what}`,
    path: holdPath("A1"),
    init,
    status: 400,
    code: "BAD_REQUEST",
  })),
  {
    what: "a hold of an unknown seat",
    path: holdPath("Z99"),
    init: jsonPost({ customer: "Ada" }),
    status: 404,
    code: "NOT_FOUND",
  },
  {
    what: "a hold that is not there given up",
    path: holdPath("A12"),
    init: { ...jsonPost({ holdToken: "a guess" }), method: "DELETE" },
    status: 409,
    code: "NOT_YOUR_HOLD",
  },
  ...Object.entries({
    "no show": { buyers: 1, lock: true },
    "a show that is no string": { showId: 1, buyers: 1, lock: true },
    "a control character in its show": { showId: "\u0000", buyers: 1, lock: true },
    "a control character in its seat": { showId: "hamlet", seatId: "A\n", buyers: 1, lock: false },
    "an empty seat": { showId: "hamlet", seatId: "", buyers: 1, lock: true },
    "no buyers": { showId: "hamlet", buyers: 0, lock: true },
    "half a buyer": { showId: "hamlet", buyers: 1.5, lock: true },
    "1001 buyers": { showId: "hamlet", buyers: 1001, lock: true },
    "neither lock nor none": { showId: "hamlet", buyers: 1 },
  }).map(([what, body]) => ({
    what: `a rush with ${what}`,
    path: "/api/rush",
    init: jsonPost(body),
    status: 400,
    code: "BAD_REQUEST",
  })),
  {
    what: "a control character in the show whose rushes are taken back",
    path: "/api/rush",
    init: { ...jsonPost({ showId: "hamlet\u0000" }), method: "DELETE" },
    status: 400,
    code: "BAD_REQUEST",
  },
  ...Object.entries({
    "an unknown show": { showId: "macbeth", buyers: 1, lock: true },
    "an unknown seat": { showId: "hamlet", seatId: "Z99", buyers: 1, lock: false },
  }).map(([what, body]) => ({
    what: `a rush at ${what}`,
    path: "/api/rush",
    init: jsonPost(body),
    status: 404,
    code: "NOT_FOUND",
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
    ["PUT", holdPath("A1")],
    ["GET", "/api/rush"],
    ["POST", "/api/events"],
  ].map(([method = "", path = ""]) => ({
    what: `${method} of ${path}`,
    path,
    init: { method },
    status: 405,
    code: "METHOD_NOT_ALLOWED",
  })),
];
