import type { AwsError, WireRequest, WireResponse } from '../core';

/** A request taken out of its protocol. */
export interface DecodedRequest {
  readonly operation: string;
  readonly input: any;
}

/** What an answer is written for. */
export interface AnswerContext {
  readonly requestId: string;
  readonly request: WireRequest;
  /** Absent where the request was answered before its operation was known. */
  readonly operation?: string;
}

/** One protocol of one service. */
export interface Codec {
  /** What this protocol calls the errors that every service has. */
  readonly errors: CommonErrors;
  /** Throws an {@link AwsError} for what the service cannot read. */
  decode(request: WireRequest): DecodedRequest;
  output(output: unknown, context: AnswerContext): WireResponse;
  error(error: AwsError, context: AnswerContext): WireResponse;
}

/** An error's name and HTTP status. */
export interface ErrorName {
  readonly code: string;
  readonly status: number;
}

/** The errors of AWS's front door, which differ by protocol. */
export interface CommonErrors {
  readonly missingToken: ErrorName;
  readonly invalidToken: ErrorName;
  readonly expiredToken: ErrorName;
  readonly accessDenied: ErrorName;
  readonly unknownOperation: ErrorName;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function utf8(characters: string): Uint8Array {
  return encoder.encode(characters);
}

export function text(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}
