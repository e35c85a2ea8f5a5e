import { Body, Controller, Get, Param, Post, Query } from "@nestjs/common";
import {
  ApiBody,
  ApiOperation,
  ApiProperty,
  ApiResponse,
  ApiTags,
  DocumentBuilder,
  SwaggerModule,
} from "@nestjs/swagger";
import type { Lease } from "@redlock-kit/core";
import { CurrentLease, Locked } from "@redlock-kit/nestjs";
import { expect, test } from "vitest";
import { startApp } from "./start-app.js";

class Booking {
  @ApiProperty({ example: "Ada" })
  customer!: string;
}

/** The same controller twice, without and with locks; the decorators of documentation stand above and below. */
function controllers() {
  @Controller("seats")
  class Plain {
    @ApiOperation({ summary: "Books a seat" })
    @Post(":seatId")
    @ApiResponse({ status: 201, type: Booking })
    @ApiBody({ type: Booking })
    @ApiTags("bookings")
    book(@Param("seatId") _seatId: string, @Body() body: Booking): Booking {
      return body;
    }

    @Get()
    @ApiOperation({ summary: "All seats" })
    list(@Query("page") _page: number) {}
  }

  @Controller("seats")
  class Seats {
    @ApiOperation({ summary: "Books a seat" })
    @Post(":seatId")
    @Locked("seat:{params.seatId}")
    @ApiResponse({ status: 201, type: Booking })
    @ApiBody({ type: Booking })
    @ApiTags("bookings")
    book(@Param("seatId") _seatId: string, @Body() body: Booking, @CurrentLease() _lease?: Lease): Booking {
      return body;
    }

    @Locked("seats")
    @Get()
    @ApiOperation({ summary: "All seats" })
    list(@Query("page") _page: number) {}
  }

  @Controller("seats")
  @Locked("seats")
  class OfClass extends Plain {}

  return { Plain, Seats, OfClass };
}

async function documentOf(controller: new () => unknown) {
  const { app } = await startApp({ controllers: [controller] });
  const { paths, components, tags } = SwaggerModule.createDocument(app, new DocumentBuilder().build());
  const text = JSON.stringify({ paths, components, tags });
  // Swagger names operations after the class.
  return JSON.parse(text.replaceAll(controller.name, "Plain")) as { paths: object };
}

test("the OpenAPI document of locked handlers is that of the handlers without locks", async () => {
  const { Plain, Seats, OfClass } = controllers();
  const plain = await documentOf(Plain);
  expect(plain.paths).toMatchObject({
    "/seats/{seatId}": {
      post: {
        summary: "Books a seat",
        tags: ["Plain", "bookings"],
        parameters: [{ name: "seatId", in: "path" }],
        requestBody: { required: true },
        responses: { 201: {} },
      },
    },
    "/seats": { get: { parameters: [{ name: "page", schema: { type: "number" } }] } },
  });
  expect(await documentOf(Seats)).toEqual(plain);
  expect(await documentOf(OfClass)).toEqual(plain);
});
