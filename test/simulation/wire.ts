import type { LockKey, LockNode } from "@redlock-kit/core";
import type { Server } from "./server.js";

/** A question to a server: what it is called in the notes, and how the server is asked. */
export interface Question<R> {
  readonly text: () => string;
  readonly ask: (server: Server) => Promise<R>;
}

type Port = Required<LockNode>;
type Method = "identify" | "grant" | "confirm" | "extend" | "release" | "inspect" | "withdraw" | "announce";
export type Request<Name extends Method> = Parameters<Port[Name]>[0];
export type Reply<Name extends Method> = ReturnType<Port[Name]>;
type QuestionOf<Name extends Method> = Question<Awaited<Reply<Name>>>;

/*
 * What leaves a process is what stands in the request at that moment: a request can be an object that lives on and
 * changes. And the name under which a process waits is random, so that on the wire it gets another.
 */

export const IDENTIFY: QuestionOf<"identify"> = {
  text: () => "IDENTIFY",
  ask: async (server) => server.identify(),
};

export function grantOf(request: Request<"grant">, process: string): QuestionOf<"grant"> {
  const { keys, token, ttlMs, lockDelayMs, fenceTtlMs, proposal, maxSkewMs } = request;
  const place = request.place && { process, ticket: request.place.ticket };
  const copy = { keys, token, ttlMs, lockDelayMs, fenceTtlMs, proposal, maxSkewMs, place };
  const waits = place === undefined ? "" : ", waits";
  return {
    text: () => `GRANT ${namesOf(keys)} to ${token} for ${ttlMs} ms, proposing ${proposal}${waits}`,
    ask: ({ node }) => node.grant(copy),
  };
}

export function confirmOf(request: Request<"confirm">): QuestionOf<"confirm"> {
  const copy = { ...request };
  return {
    text: () => `CONFIRM ${namesOf(copy.keys)} to ${copy.token} with ${copy.fence}`,
    ask: ({ node }) => node.confirm(copy),
  };
}

export function extendOf(request: Request<"extend">): QuestionOf<"extend"> {
  const copy = { ...request };
  return {
    text: () =>
      `${copy.repair ? "REPAIR" : "EXTEND"} ${namesOf(copy.keys)} of ${copy.token} for ${copy.ttlMs} ms`,
    ask: ({ node }) => node.extend(copy),
  };
}

export function releaseOf(request: Request<"release">): QuestionOf<"release"> {
  const copy = { ...request };
  const how = `${copy.quiet ? ", quietly" : ""}${copy.keepMs > 0 ? `, kept for ${copy.keepMs} ms` : ""}`;
  return {
    text: () => `RELEASE ${namesOf(copy.keys)} of ${copy.token}${how}`,
    ask: ({ node }) => node.release(copy),
  };
}

export function withdrawOf(keys: readonly LockKey[], process: string): QuestionOf<"withdraw"> {
  return {
    text: () => `WITHDRAW ${process} from ${namesOf(keys)}`,
    ask: async ({ node }) => node.withdraw?.({ keys, process }),
  };
}

export function inspectOf(key: LockKey): QuestionOf<"inspect"> {
  return { text: () => `INSPECT ${key.key}`, ask: ({ node }) => node.inspect(key) };
}

export function announceOf(record: string, ttlMs: number, lifeMs: number): QuestionOf<"announce"> {
  return {
    text: () => `ANNOUNCE ${ttlMs} ms`,
    ask: async ({ node }) => (await node.announce?.(record, ttlMs, lifeMs)) ?? ttlMs,
  };
}

function namesOf(keys: readonly LockKey[]): string {
  return keys.map(({ key }) => key).join("+");
}
