import { NO_ANSWER, type Problem } from "../logic/problem.js";

export type Answer<T> =
  | { readonly ok: true; readonly value: T; readonly date: string | null }
  | { readonly ok: false; readonly problem: Problem };

/** Asks the server; `T` is what its contract promises for this path. Never rejects. */
export async function send<T>(method: string, path: string, body?: object): Promise<Answer<T>> {
  try {
    const response = await fetch(path, {
      method,
      ...(body && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
    if (!response.ok) return { ok: false, problem: await problemOf(response) };
    const text = await response.text();
    const value = (text === "" ? undefined : JSON.parse(text)) as T;
    return { ok: true, value, date: response.headers.get("date") };
  } catch {
    return { ok: false, problem: NO_ANSWER };
  }
}

/** The problem that an answer tells of, also when it is worded by something between the server and here. */
export async function problemOf(response: Response): Promise<Problem> {
  const body = (await response.json().catch(() => ({}))) as Partial<Record<"code" | "detail", string>>;
  const retryAfterS = Number(response.headers.get("retry-after") ?? Number.NaN);
  return {
    status: response.status,
    code: body.code ?? "",
    detail: body.detail ?? `The box office answered with ${response.status}.`,
    retryAfterS: Number.isFinite(retryAfterS) ? retryAfterS : undefined,
  };
}
