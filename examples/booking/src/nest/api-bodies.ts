import type { ApiBodyOptions } from "@nestjs/swagger";

type Schema = Extract<ApiBodyOptions, { schema: unknown }>["schema"];

/* The bodies of requests and answers, for the OpenAPI page. */

const customer = { type: "string", minLength: 1, maxLength: 100, example: "Ada" } as const;
const token = { type: "string", maxLength: 100 } as const;
const count = { type: "integer" } as const;

export const booking: Schema = {
  type: "object",
  required: ["customer"],
  properties: {
    customer,
    holdToken: token,
    rush: {
      type: "boolean",
      default: false,
      description:
        "Buys as a rush does: the next rush at the seat, and whoever takes rushes back, makes it free again",
    },
  },
};

export const booked: Schema = {
  type: "object",
  properties: {
    id: { type: "string", format: "uuid" },
    showId: { type: "string" },
    seatId: { type: "string" },
    customer,
    fencingToken: { type: "integer", nullable: true },
  },
};

export const hold: Schema = { type: "object", required: ["customer"], properties: { customer } };

export const held: Schema = {
  type: "object",
  properties: { holdToken: token, expiresAt: { type: "string", format: "date-time" }, fencingToken: count },
};

export const dropHold: Schema = { type: "object", required: ["holdToken"], properties: { holdToken: token } };

export const rush: Schema = {
  type: "object",
  required: ["showId", "buyers", "lock"],
  properties: {
    showId: { type: "string", example: "hamlet" },
    seatId: { type: "string", description: "Without one: the whole hall", example: "A1" },
    buyers: { type: "integer", minimum: 1, maximum: 1000, example: 100 },
    lock: { type: "boolean" },
  },
};

export const clearRush: Schema = {
  type: "object",
  required: ["showId"],
  properties: { showId: { type: "string", example: "hamlet" } },
};

export const rushed: Schema = {
  type: "object",
  properties: {
    sold: count,
    refused: count,
    doubleSold: count,
    waitMs: { type: "object", properties: { p50: { type: "number" }, p99: { type: "number" } } },
    handOffs: count,
    elapsedMs: count,
  },
};
