import { EventStreamParser } from "../logic/event-stream-parser.js";
import { NO_ANSWER, type Problem } from "../logic/problem.js";
import type { BuyerAnswer, RushResult } from "../logic/rush-answer.js";
import type { RushOrder } from "../logic/rush-order.js";
import { type Answer, problemOf, send } from "./send.js";

export type RushEnd = { readonly result: RushResult } | { readonly problem: Problem };

/** Lets the buyers loose, and tells of each answer as it comes. Never rejects. */
export async function runRush(order: RushOrder, onAnswer: (answer: BuyerAnswer) => void): Promise<RushEnd> {
  try {
    // An EventSource can only GET.
    const response = await fetch("/api/rush", {
      method: "POST",
      headers: { "content-type": "application/json", accept: "text/event-stream" },
      body: JSON.stringify(order),
    });
    if (!response.ok || !response.body) return { problem: await problemOf(response) };
    return await readRush(response.body, onAnswer);
  } catch {
    return { problem: NO_ANSWER };
  }
}

/** Takes back what rushes have bought. */
export function clearRushes(showId: string): Promise<Answer<undefined>> {
  return send("DELETE", "/api/rush", { showId });
}

async function readRush(
  body: ReadableStream<Uint8Array>,
  onAnswer: (answer: BuyerAnswer) => void,
): Promise<RushEnd> {
  const parser = new EventStreamParser();
  const decoder = new TextDecoder();
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return { problem: { ...NO_ANSWER, detail: "The rush was cut off." } };
    for (const { name, data } of parser.push(decoder.decode(value, { stream: true }))) {
      if (name === "buyer") onAnswer(JSON.parse(data) as BuyerAnswer);
      if (name === "result") return { result: JSON.parse(data) as RushResult };
      if (name === "problem") return { problem: { ...NO_ANSWER, ...(JSON.parse(data) as Partial<Problem>) } };
    }
  }
}
