/**
 * The errors that the service declares.
 */
import { ServiceException, type ServiceExceptionOptions } from '@smithy/core/client';

/** What every error of the service is an instance of, also one that has no class here. */
export class ComputeOptimizerAutomationServiceException extends ServiceException {}

type Options = Omit<ServiceExceptionOptions, 'name' | '$fault'>;

function exception<Name extends string, Fault extends 'client' | 'server'>(name: Name, fault: Fault) {
  return class extends ComputeOptimizerAutomationServiceException {
    public readonly name: Name = name;
    public readonly $fault: Fault = fault;

    constructor(options: Options) {
      super({ name, $fault: fault, ...options });
    }
  };
}

export class AccessDeniedException extends exception('AccessDeniedException', 'client') {}
export class ForbiddenException extends exception('ForbiddenException', 'client') {}
export class IdempotencyTokenInUseException extends exception('IdempotencyTokenInUseException', 'client') {}
export class IdempotentParameterMismatchException extends exception('IdempotentParameterMismatchException', 'client') {}
export class InternalServerException extends exception('InternalServerException', 'server') {}
export class InvalidParameterValueException extends exception('InvalidParameterValueException', 'client') {}
export class NotManagementAccountException extends exception('NotManagementAccountException', 'client') {}
export class OptInRequiredException extends exception('OptInRequiredException', 'client') {}
export class ResourceNotFoundException extends exception('ResourceNotFoundException', 'client') {}
export class ServiceQuotaExceededException extends exception('ServiceQuotaExceededException', 'client') {}
export class ServiceUnavailableException extends exception('ServiceUnavailableException', 'server') {}
export class ThrottlingException extends exception('ThrottlingException', 'client') {}
