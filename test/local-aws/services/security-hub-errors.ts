/**
 * The errors of Security Hub. [B] each has Message and Code; statuses as in the model.
 */
import { AwsError } from '../core';

function code(name: string): Record<string, unknown> {
  return { Code: name };
}

export function invalidInput(message: string): AwsError {
  return new AwsError('InvalidInputException', message, 400, code('InvalidInputException'));
}

export function invalidAccess(message: string): AwsError {
  return new AwsError('InvalidAccessException', message, 401, code('InvalidAccessException'));
}

export function accessDenied(message: string): AwsError {
  return new AwsError('AccessDeniedException', message, 403, code('AccessDeniedException'));
}

export function notFound(message: string): AwsError {
  return new AwsError('ResourceNotFoundException', message, 404, code('ResourceNotFoundException'));
}

export function conflict(message: string): AwsError {
  return new AwsError('ResourceConflictException', message, 409, code('ResourceConflictException'));
}

export function limitExceeded(message: string): AwsError {
  return new AwsError('LimitExceededException', message, 429, code('LimitExceededException'));
}

export function quotaReached(): AwsError {
  return limitExceeded('The request was rejected because it attempted to create resources beyond the current AWS account limits.');
}
