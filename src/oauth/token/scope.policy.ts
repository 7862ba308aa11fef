import type { Client } from '../client/client.js';
import { OauthError } from '../oauth.error.js';
import type { ResourceServer } from '../resource/resource-server.js';

/**
 * The host's word on what a client may have now. Gets the scopes that the kit would grant and returns those that
 * stay. It may narrow, never widen: a scope that it adds, or a throw, fails the request.
 */
export type ScopePolicyHook = (request: {
  readonly client: Client;
  readonly resource: ResourceServer;
  readonly scope: readonly string[];
}) => readonly string[] | Promise<readonly string[]>;

/** Runs the host's {@link ScopePolicyHook} and believes it only as far as it narrows. */
export class ScopePolicy {
  constructor(private readonly hook: ScopePolicyHook | undefined) {}

  async narrow(
    client: Client,
    resource: ResourceServer,
    scope: readonly string[],
  ): Promise<readonly string[]> {
    if (!this.hook) return scope;
    const narrowed: unknown = await this.hook({ client, resource, scope: [...scope] });
    if (!Array.isArray(narrowed) || !narrowed.every((each) => scope.includes(each as string))) {
      throw new Error('The scope policy must return scopes out of those it was given.');
    }
    if (narrowed.length === 0) {
      throw OauthError.invalidScope('This client cannot be granted any of the requested scopes at present.');
    }
    return scope.filter((each) => narrowed.includes(each));
  }
}
