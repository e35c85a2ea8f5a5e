import type { PipeTransform } from "@nestjs/common";
import { type BookingRequest, bookingRequest } from "../http/booking-request.js";

/** Checks the body of a booking. Pipes run before the lock: a bad request waits for nobody. */
export class BookingRequestPipe implements PipeTransform<unknown, BookingRequest> {
  transform(body: unknown): BookingRequest {
    return bookingRequest(body);
  }
}
