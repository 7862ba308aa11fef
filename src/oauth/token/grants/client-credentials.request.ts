import { ArrayMaxSize, IsEmpty, IsOptional, Matches, ValidateBy } from 'class-validator';
import type { Parameters } from '../../http/parameters.js';
import { isResourceIdentifier } from '../../resource/resource-identifier.js';
import { SCOPE_GRAMMAR } from '../../scope.js';
import { answering, requireValid } from '../../validation.js';

/** RFC 6749 §4.4.2 and RFC 8707 §2. Declared in the order in which faults are reported. */
export class ClientCredentialsRequest {
  @ArrayMaxSize(1, {
    message: 'Only one resource can be requested at a time.',
    ...answering('invalid_target'),
  })
  @ValidateBy(
    { name: 'resource', validator: { validate: isResourceIdentifier } },
    {
      each: true,
      message: 'The parameter resource must be an absolute URI without a fragment.',
      ...answering('invalid_target'),
    },
  )
  readonly resources: readonly string[];

  @IsEmpty({
    message: 'This server does not support authorization_details.',
    ...answering('invalid_request'),
  })
  readonly authorizationDetails: string | undefined;

  @IsOptional()
  @Matches(SCOPE_GRAMMAR, {
    message: 'The parameter scope must be scopes of printable ASCII separated by single spaces.',
    ...answering('invalid_scope'),
  })
  readonly scope: string | undefined;

  private constructor(parameters: Parameters) {
    this.resources = parameters.all('resource');
    this.authorizationDetails = parameters.get('authorization_details');
    this.scope = parameters.get('scope');
  }

  static from(parameters: Parameters): ClientCredentialsRequest {
    return requireValid(new ClientCredentialsRequest(parameters));
  }

  get resource(): string | undefined {
    return this.resources[0];
  }
}
