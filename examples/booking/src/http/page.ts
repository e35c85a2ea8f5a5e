import { join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import express from "express";
import type { Middleware } from "./middleware.js";

const folder = fileURLToPath(new URL("../../page/dist", import.meta.url));

const assets = join(folder, "assets", sep);

/** Everything comes from here, and nothing in the page is script but its own files. */
const POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'";

/** Answers with the files of the page, which vite has built. */
export function page(): Middleware {
  return express.static(folder, {
    setHeaders(res, path) {
      res.setHeader("content-security-policy", POLICY);
      // Those have the digest of their content in their names.
      const isForEver = path.startsWith(assets);
      res.setHeader("cache-control", isForEver ? "public, max-age=31536000, immutable" : "no-cache");
    },
  }) as Middleware;
}
