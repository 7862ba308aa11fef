import { HttpException } from '@nestjs/common';

/** What a body parser says about a body that it refuses. */
interface BodyFailure extends Error {
  readonly status?: number;
  readonly statusCode?: number;
}

/**
 * Lets a request go on whose body cannot be used, up to the moment at which a handler asks for the body. By then the
 * guards have spoken: an unauthenticated request gets its challenge, whatever its body is like.
 */
export function deferBodyFailure(request: object, failure: BodyFailure): void {
  const status = failure.status ?? failure.statusCode ?? 500;
  Object.defineProperty(request, 'body', {
    configurable: true,
    get: () => {
      throw status < 500
        ? new HttpException({ statusCode: status, message: failure.message }, status)
        : failure;
    },
  });
}
