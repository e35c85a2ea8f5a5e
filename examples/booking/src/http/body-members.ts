import { badRequest } from "./problem.js";

const LONGEST_TEXT = 100;

/** The members of a JSON body, none of one that is not there. */
export function membersOf(body: unknown): Record<string, unknown> {
  return (body ?? {}) as Record<string, unknown>;
}

/**
 * Checks a member that must be a text with something to see in it.
 *
 * @throws Problem 400 naming what is wrong
 */
export function text(name: string, value: unknown): string {
  if (typeof value !== "string" || value.trim() === "") {
    throw badRequest(`${name} must be a non-empty string.`);
  }
  // Code points: an emoji would be two UTF-16 units.
  if (Array.from(value).length > LONGEST_TEXT) {
    throw badRequest(`${name} may have ${LONGEST_TEXT} characters at most.`);
  }
  if (/[\p{Cc}\p{Cs}]/u.test(value)) {
    throw badRequest(`${name} must not contain control characters or broken ones.`);
  }
  return value;
}
