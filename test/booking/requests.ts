export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Record<string, unknown>;
}

const JSON_TYPE = { "content-type": "application/json" };

export async function send(url: string, path: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url + path, init);
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json") === true && text !== "";
  const json = isJson ? (JSON.parse(text) as Record<string, unknown>) : {};
  return { status: response.status, headers: response.headers, text, json };
}

export function bookingPath(seatId: string): string {
  return `/api/shows/hamlet/seats/${seatId}/booking`;
}

export function holdPath(seatId: string): string {
  return `/api/shows/hamlet/seats/${seatId}/hold`;
}

/** Asks for a seat of the show that every application has. */
export function book(
  url: string,
  seatId: string,
  customer: unknown = "Ada",
  init: RequestInit = {},
): Promise<Answer> {
  return send(url, bookingPath(seatId), { ...jsonPost({ customer }), ...init });
}

/** @param body text is sent as it is */
export function jsonPost(body: unknown): RequestInit {
  return {
    method: "POST",
    headers: JSON_TYPE,
    body: typeof body === "string" ? body : JSON.stringify(body),
  };
}

/** The ids of the seats of the show that have this status. */
export async function seatsThatAre(status: string, url: string): Promise<string[]> {
  const { json } = await send(url, "/api/shows/hamlet/seats");
  const seats = json.seats as { id: string; status: string }[];
  return seats.filter((seat) => seat.status === status).map(({ id }) => id);
}

/** How often each status was answered: { 201: 1, 409: 199 }. */
export function countByStatus(answers: readonly Answer[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}
