/**
 * The errors of Compute Optimizer Automation. [B] each has a message and nothing else; statuses as in the model.
 */
import { AwsError } from '../core';

export function invalidParameterValue(message: string): AwsError {
  return new AwsError('InvalidParameterValueException', message, 400);
}

export function notManagementAccount(): AwsError {
  return new AwsError('NotManagementAccountException', 'The operation can only be performed by a management account.', 400);
}

export function forbidden(message: string): AwsError {
  return new AwsError('ForbiddenException', message, 403);
}

export function optInRequired(message: string): AwsError {
  return new AwsError('OptInRequiredException', message, 403);
}

export function resourceNotFound(message: string): AwsError {
  return new AwsError('ResourceNotFoundException', message, 404);
}

export function tokenInUse(): AwsError {
  return new AwsError('IdempotencyTokenInUseException', 'The specified client token is already in use.', 409);
}

export function parameterMismatch(): AwsError {
  return new AwsError('IdempotentParameterMismatchException', 'The client token was used with different parameters.', 409);
}

export function throttled(): AwsError {
  return new AwsError('ThrottlingException', 'Rate exceeded', 429);
}
