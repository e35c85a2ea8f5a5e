import type { ServerResponse } from "node:http";
import type { LockManager } from "@redlock-kit/core";
import { checkOptions, requireLockManager } from "@redlock-kit/core/adapter";
import type { Request } from "express";
import { type LockStatus, type LockStatusOptions, readLockStatus } from "./lock-status.js";
import { lockStatusPage } from "./lock-status-page.js";
import type { LockedMiddleware } from "./locked.js";

const RULES = {
  lock: [],
  own: {
    pattern: {
      wanted: 'a well-formed string such as "seat:*"',
      accepts: (value: unknown) => typeof value === "string" && value !== "" && value.isWellFormed(),
    },
    limit: {
      wanted: "a whole number from 1 to 10000",
      accepts: (value: unknown) =>
        Number.isSafeInteger(value) && Number(value) >= 1 && Number(value) <= 10_000,
    },
  },
};

const HEADERS = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
  "x-content-type-options": "nosniff",
  vary: "accept",
};

/**
 * Makes a read-only middleware that shows which locks are held, by whomever, and how the nodes are: a page for browsers,
 * else JSON ({@link LockStatus}). It tells everybody who can reach it all keys, so put it behind what protects your other
 * pages for operators. Each request walks over all keys of the nodes.
 *
 * @throws LockError `ERR_LOCK_INVALID_ARGUMENT` for unknown or bad options
 */
export function lockStatus(locks: LockManager, options: LockStatusOptions = {}): LockedMiddleware {
  requireLockManager(locks);
  const what = checkOptions(options, RULES);
  return (req, res, next) => {
    if ((req as Request).path !== "/") return next();
    if (req.method !== "GET" && req.method !== "HEAD") return refuse(res);
    readLockStatus(locks, what)
      .then((status) => answer(req as Request, res, status))
      .catch(next);
  };
}

function answer(req: Request, res: ServerResponse, status: LockStatus): void {
  const isPage = req.accepts("json", "html") === "html";
  const text = isPage ? lockStatusPage(status) : `${JSON.stringify(status, null, 2)}\n`;
  res.writeHead(200, {
    ...HEADERS,
    "content-type": isPage ? "text/html; charset=utf-8" : "application/json",
    "content-length": Buffer.byteLength(text),
  });
  res.end(req.method === "HEAD" ? undefined : text);
}

function refuse(res: ServerResponse): void {
  res.writeHead(405, { allow: "GET, HEAD", "content-length": 0 });
  res.end();
}
